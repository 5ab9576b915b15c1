// Every visible sentence: one catalogue per language, one file per place, merged here.
import i18next, { type i18n, type TOptions } from "i18next";
import { initReactI18next } from "react-i18next";
import { type Catalogue, merge, pseudo } from "./catalogue.ts";

const files = import.meta.glob<Catalogue>("./en/*.json", { eager: true, import: "default" });
export const english: Catalogue = merge(Object.values(files));

/** The language asked for by `?lang=`; "pseudo" brackets every text, so that a test finds the others. */
export function language(search: string): string {
  return new URLSearchParams(search).get("lang") ?? "en";
}

export function start(lng: string): i18n {
  void i18next.use(initReactI18next).init({
    lng,
    fallbackLng: "en",
    resources: { en: { translation: english }, pseudo: { translation: pseudo(english) } },
    interpolation: { escapeValue: false }, // React escapes
    initAsync: false,
    returnNull: false,
  });
  document.documentElement.lang = lng === "pseudo" ? "en" : lng;
  return i18next;
}

/** Text that Python sends with a key: the catalogue's where it has one, else the English that came along. */
export function fromPython(key: string, english: string, params: TOptions = {}): string {
  if (key !== "" && i18next.exists(key)) return i18next.t(key, { ...params });
  return i18next.language === "pseudo" ? `[${english}]` : english;
}

/** Text that Python sends without a key. */
export const asSent = (english: string): string => fromPython("", english);
