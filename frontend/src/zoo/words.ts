// The zoo's words come from its files in English; the catalogue may translate them.
import type { ZooItem } from "../api/schema.ts";
import { fromPython } from "../i18n/index.ts";

const keyOf = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");

export const itemName = ({ slug, name }: ZooItem): string => fromPython(`zoo.item.${slug}.name`, name);

export const itemSummary = ({ slug, summary }: ZooItem): string =>
  fromPython(`zoo.item.${slug}.summary`, summary);

export const levelName = (level: string): string => fromPython(`zoo.level.${keyOf(level)}`, capital(level));

export const tagName = (tag: string): string => fromPython(`zoo.tag.${keyOf(tag)}`, tag);

const capital = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);
