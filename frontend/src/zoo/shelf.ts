// Which experiments of the zoo stand on the shelf: by level, by tag, by kind of data, by words.
import type { Catalog, ExperimentDocument, ZooItem } from "../api/schema.ts";

export type Kind = "points" | "table" | "images" | "curve";

export type Wish = { level: string | null; tags: string[]; kind: Kind | null; words: string };

export const NO_WISH: Wish = { level: null, tags: [], kind: null, words: "" };

export function chosen(
  items: readonly ZooItem[],
  wish: Wish,
  kindOf: (item: ZooItem) => Kind | null,
): ZooItem[] {
  const words = wish.words.trim().toLocaleLowerCase();
  return items.filter(
    (item) =>
      (wish.level === null || item.level === wish.level) &&
      wish.tags.every((tag) => item.tags.includes(tag)) &&
      (wish.kind === null || kindOf(item) === wish.kind) &&
      (words === "" || textOf(item).includes(words)),
  );
}

const textOf = (item: ZooItem): string =>
  [item.name, item.summary, item.slug, ...item.tags].join(" ").toLocaleLowerCase();

/** In the order of the shelf, each once. */
export const levelsOf = (items: readonly ZooItem[]): string[] => [
  ...new Set(items.map((item) => item.level)),
];

/** The most used first. */
export function tagsOf(items: readonly ZooItem[]): string[] {
  const counts = new Map<string, number>();
  for (const tag of items.flatMap((item) => item.tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)).map(([tag]) => tag);
}

const KINDS: { [category: string]: Kind } = {
  "Points in the plane": "points",
  Tables: "table",
  Images: "images",
  "Surfaces and curves": "curve",
};

/** What a document's data are, by the catalogue's category; own data by the layers that read them. */
export function kindOfData(document: ExperimentDocument, catalog: Catalog | undefined): Kind | null {
  const entry = catalog?.data.find(({ type }) => type === document.data.type);
  const known = entry && KINDS[entry.category];
  if (known) return known;
  const layers = Object.values(document.networks).flatMap((network) => network.layers);
  const sees = layers.some(({ type }) => type.startsWith("Conv2d") || type === "Flatten");
  return sees || entry?.category === "Downloads" ? "images" : null;
}
