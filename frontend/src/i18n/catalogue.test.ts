// Every key that is used exists, and no sentence stands in a component.
import { describe, expect, it } from "vitest";
import { keys, merge, pseudo } from "./catalogue.ts";
import { english } from "./index.ts";

const files = import.meta.glob<string>(["../**/*.{ts,tsx}", "!../**/*.test.{ts,tsx}", "!../api/types.ts"], {
  eager: true,
  query: "?raw",
  import: "default",
});
const known = new Set(keys(english));
const sources = Object.entries(files);

const plurals = ["_one", "_other", "_zero", "_few", "_many"];
const exists = (key: string) => known.has(key) || plurals.some((ending) => known.has(key + ending));

/** The first argument of t("…"), t(`…`) and of keys handed on as `key: "a.b"`. */
function used(source: string): { fixed: string[]; begun: string[] } {
  const fixed = [...source.matchAll(/\bt\(\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
  const chosen = [...source.matchAll(/\bt\([^()]*\?\s*"([\w.]+)"\s*:\s*"([\w.]+)"/g)].flatMap((match) => [
    match[1] ?? "",
    match[2] ?? "",
  ]);
  const begun = [...source.matchAll(/\bt\(\s*`([^`$]+)\$\{/g)].map((match) => match[1] ?? "");
  return { fixed: [...fixed, ...chosen], begun };
}

/** Keys of text that comes from Python: fromPython(`category.${name}`, name). */
const sentWith = (source: string): string[] =>
  [...source.matchAll(/fromPython\(\s*`([^`$]+)\$\{/g)].map((match) => match[1] ?? "");

/** Text between tags, and text in attributes that people see or hear. */
function literalsIn(source: string): string[] {
  const bare = source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  const between = [...bare.matchAll(/<[A-Za-z][^<>]*(?<![=-])>\s*([^<>{}]*[A-Za-z]{2,}[^<>{}]*?)\s*<\//g)];
  const attributes = [
    ...bare.matchAll(
      /\b(?:label|title|placeholder|description|aria-label|alt|message|hint)="([^"]*[A-Za-z]{2,}[^"]*)"/g,
    ),
  ];
  return [...between, ...attributes].map((match) => (match[1] ?? "").trim());
}

describe("the catalogue", () => {
  it.each(sources)("%s uses only keys that exist", (_name, source) => {
    const { fixed, begun } = used(source);
    expect(fixed.filter((key) => !exists(key))).toEqual([]);
    expect(begun.filter((begin) => ![...known].some((key) => key.startsWith(begin)))).toEqual([]);
  });

  it.each(sources.filter(([name]) => name.endsWith(".tsx")))(
    "%s holds no sentence of its own",
    (_name, source) => {
      expect(literalsIn(source)).toEqual([]);
    },
  );

  it("would notice a sentence", () => {
    expect(literalsIn('<Text size="sm">Press Train</Text>')).toEqual(["Press Train"]);
    expect(literalsIn('<Button aria-label="Delete it" onClick={go} />')).toEqual(["Delete it"]);
    expect(literalsIn('<Text>{t("a.b")}</Text>')).toEqual([]);
  });

  it("refuses one key with two texts", () => {
    expect(() => merge([{ a: { b: "x" } }, { a: { b: "y" } }])).toThrow("b");
  });

  it("brackets every text in the pseudo-locale and keeps the placeholders", () => {
    expect(pseudo({ a: { b: "Epoch {{n}}" } })).toEqual({ a: { b: "[Epoch {{n}}]" } });
    expect(keys(pseudo(english))).toEqual([...known]);
  });

  it("has no text that nobody uses", () => {
    const all = sources.map(([, source]) => source).join("\n");
    const begun = [...used(all).begun, ...sentWith(all)];
    const unused = [...known].filter((key) => {
      const plain = key.replace(/_(one|other)$/, "");
      const named = [key, plain].some((one) => all.includes(`"${one}"`) || all.includes(`\`${one}\``));
      return (
        !named &&
        !begun.some((begin) => key.startsWith(begin)) &&
        !FROM_DATA.some((data) => key.startsWith(data))
      );
    });
    expect(unused).toEqual([]);
  });
});

/** Named by what the server sends: error keys, their hints, kinds. */
const FROM_DATA = ["error.", "problem."];
