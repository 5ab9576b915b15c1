// Levels and tags come from the zoo's files in English; the catalogue may translate them.
import type { TFunction } from "i18next";

const keyOf = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");

export const levelName = (t: TFunction, level: string): string =>
  t(`zoo.level.${keyOf(level)}`, { defaultValue: capital(level) });

export const tagName = (t: TFunction, tag: string): string =>
  t(`zoo.tag.${keyOf(tag)}`, { defaultValue: tag });

const capital = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);
