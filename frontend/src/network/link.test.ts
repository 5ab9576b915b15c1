import { expect, test } from "vitest";
import { type Document, getAt, isDocument, type JsonObject, same, setAt } from "./document.ts";
import { decode, encode } from "./link.ts";
import { paste } from "./paste.ts";
import { print } from "./text.ts";

const document: Document = {
  name: "Спираль { [",
  seed: 7,
  data: { type: "spiral", noise: 0.1 },
  networks: { model: { layers: [{ type: "Linear", out_features: 16 }, { type: "Tanh" }] } },
  learner: { type: "supervised", optimizer: { type: "Adam", lr: 0.01 } },
};

test("a link brings the same document back", async () => {
  const fragment = await encode(document);
  expect(fragment).toMatch(/^#experiment=[\w-]+$/);
  expect(await decode(fragment)).toEqual(document);
});

test("a damaged link is no document, and no exception", async () => {
  const fragment = await encode(document);
  expect(await decode(`${fragment.slice(0, 30)}`)).toBeNull();
  expect(await decode("#experiment=%%%")).toBeNull();
  expect(await decode("#elsewhere")).toBeNull();
});

test("text is read back as the document it shows", () => {
  const text = print(document as unknown as JsonObject);
  expect(JSON.parse(text)).toEqual(document);
  expect(text).toContain('"data": {"type": "spiral", "noise": 0.1}');
});

test("a paste is a document, layers, or a reason why not", () => {
  expect(paste(print(document as unknown as JsonObject)).kind).toBe("document");
  expect(paste('[{"type": "Tanh"}]')).toEqual({ kind: "layers", layers: [{ type: "Tanh" }] });
  expect(paste('{"type": "Tanh"}')).toEqual({ kind: "layers", layers: [{ type: "Tanh" }] });
  expect(paste("[1, 2]")).toMatchObject({ kind: "nothing", reason: "not_an_experiment" });
  expect(paste('{\n"a" 1}')).toMatchObject({ kind: "nothing", reason: "not_json", line: 2 });
});

test("setting a value leaves everything beside it the same object", () => {
  const next = setAt(document, ["learner", "optimizer", "lr"], 0.1);
  expect(getAt(next, ["learner", "optimizer", "lr"])).toBe(0.1);
  expect(next.networks).toBe(document.networks);
  expect(same(setAt(next, ["learner", "optimizer", "lr"], 0.01), document)).toBe(true);
});

test("what has no networks cannot be drawn", () => {
  expect(isDocument({ networks: { model: { layers: [{ no: "type" }] } } })).toBe(false);
  expect(isDocument(document)).toBe(true);
});
