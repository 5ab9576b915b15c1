// A kind's title and help: the catalogue's by key, else the English that Python sent along.
import { fromPython } from "../i18n/index.ts";
import type { CatalogEntry } from "./schema.ts";

export const kindTitle = (entry: CatalogEntry): string => fromPython(`${entry.key}.title`, entry.title);
export const kindHelp = (entry: CatalogEntry): string => fromPython(`${entry.key}.help`, entry.help);
