// Numbers, sizes and times as a person reads them. Everything goes through Intl.

let locale = "en";

/** The language numbers are written in. */
export function setLocale(tag: string): void {
  locale = Intl.NumberFormat.supportedLocalesOf([tag])[0] ?? "en";
  formats.clear();
}

const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  let known = formats.get(key);
  if (known === undefined) {
    known = new Intl.NumberFormat(locale, options);
    formats.set(key, known);
  }
  return known;
}

export const MISSING = "–";

/** A value with the digits that matter: 0.0231, 12.4, 5.4e-4; whole numbers as they are. */
export function formatNumber(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined) return MISSING;
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return formatInteger(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    return value.toExponential(Math.max(0, digits - 2)).replace("e+", "e");
  }
  if (size >= 10 ** digits) return numberFormat({ maximumFractionDigits: 0 }).format(value);
  return numberFormat({
    maximumSignificantDigits: digits,
    minimumSignificantDigits: Math.min(digits, 2),
  }).format(value);
}

/** With so many digits after the point, whatever the value: for columns that are read downwards. */
export function formatFixed(value: number, digits: number): string {
  return numberFormat({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

export function formatInteger(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  return numberFormat({ maximumFractionDigits: 0 }).format(value);
}

/** 1,234 as 1.2K: where there is little room. */
export function formatCompact(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  return numberFormat({ notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** A share between 0 and 1 as 97.3 %. */
export function formatPercent(value: number | null | undefined, digits = 1): string {
  if (value === null || value === undefined) return MISSING;
  if (!Number.isFinite(value)) return formatNumber(value);
  return numberFormat({
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

const SHARES = /(accuracy|precision|recall|f1)$/;

/** The value of a metric by its column's name: shares as per cent, all else as a number. */
export function formatMetric(name: string, value: number | null | undefined): string {
  return SHARES.test(name) ? formatPercent(value) : formatNumber(value);
}

const BYTES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return MISSING;
  let power = 0;
  let value = bytes;
  while (value >= 1000 && power < BYTES.length - 1) {
    value /= 1000;
    power += 1;
  }
  const unit = BYTES[power] ?? "byte";
  return numberFormat({ style: "unit", unit, maximumFractionDigits: value < 10 && power > 0 ? 1 : 0 }).format(
    value,
  );
}

/** Seconds as 4.2 s, 3 min 05 s, 2 h 10 min. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds) || seconds < 0) return MISSING;
  if (seconds < 60) return unit(seconds, "second", seconds < 10 ? 1 : 0);
  const whole = Math.round(seconds);
  if (whole < 3600) return `${unit(Math.floor(whole / 60), "minute")} ${unit(whole % 60, "second")}`;
  return `${unit(Math.floor(whole / 3600), "hour")} ${unit(Math.floor((whole % 3600) / 60), "minute")}`;
}

function unit(value: number, name: string, digits = 0): string {
  return numberFormat({
    style: "unit",
    unit: name,
    unitDisplay: "short",
    maximumFractionDigits: digits,
  }).format(value);
}

/** Server times are UTC; one without a zone is UTC too. */
export function parseTime(text: string | null | undefined): Date | null {
  if (!text) return null;
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
  const date = new Date(zoned);
  return Number.isNaN(date.getTime()) ? null : date;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** "3 minutes ago", and a date when it is more than a week. */
export function formatAgo(time: Date | null, now: Date = new Date()): string {
  if (time === null) return MISSING;
  const seconds = (time.getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) > 7 * 86_400) {
    return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(time);
  }
  const [name, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(Math.round(seconds / size), name);
}

export function formatTime(time: Date | null): string {
  if (time === null) return MISSING;
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" }).format(time);
}

/** A shape as 28 × 28 × 1. */
export function formatShape(shape: readonly number[] | null | undefined): string {
  return shape ? shape.map((size) => numberFormat({ useGrouping: false }).format(size)).join(" × ") : MISSING;
}
