// Catalogues as plain trees of texts: merge several, or bracket every text for the pseudo-locale.

export type Catalogue = { [key: string]: string | Catalogue };

export function merge(catalogues: Catalogue[]): Catalogue {
  const whole: Catalogue = {};
  for (const catalogue of catalogues) mergeInto(whole, catalogue);
  return whole;
}

function mergeInto(target: Catalogue, source: Catalogue): void {
  for (const [key, value] of Object.entries(source)) {
    const known = target[key];
    if (known === undefined) {
      target[key] = typeof value === "string" ? value : merge([value]);
      continue;
    }
    if (typeof known === "string" || typeof value === "string")
      throw new Error(`two texts are called ${key}`);
    mergeInto(known, value);
  }
}

export function pseudo(catalogue: Catalogue): Catalogue {
  return Object.fromEntries(
    Object.entries(catalogue).map(([key, value]) => [
      key,
      typeof value === "string" ? `[${value}]` : pseudo(value),
    ]),
  );
}

/** Every key of a catalogue, with dots. */
export function keys(catalogue: Catalogue, prefix = ""): string[] {
  return Object.entries(catalogue).flatMap(([key, value]) =>
    typeof value === "string" ? [`${prefix}${key}`] : keys(value, `${prefix}${key}.`),
  );
}
