// Numbers in the browser's locale. A missing value is "–", never 0.

export const NOTHING = "–";

type Options = Intl.NumberFormatOptions;
const formats = new Map<string, Intl.NumberFormat>();

function formatted(value: number, options: Options): string {
  const key = JSON.stringify(options);
  const format = formats.get(key) ?? new Intl.NumberFormat(undefined, options);
  formats.set(key, format);
  return format.format(value);
}

export function count(value: number | null): string {
  return value === null ? NOTHING : formatted(value, {});
}

/** Short, for axes: 12K, 3.4M. */
export function compact(value: number): string {
  return formatted(value, { notation: "compact", maximumFractionDigits: 1 });
}

export function share(value: number | null, digits = 1): string {
  return value === null ? NOTHING : formatted(value, { style: "percent", maximumFractionDigits: digits });
}

function unit(value: number, name: string, digits = 0): string {
  return formatted(value, { style: "unit", unit: name, unitDisplay: "narrow", maximumFractionDigits: digits });
}

function significant(value: number): number {
  return value < 10 ? 2 : value < 100 ? 1 : 0;
}

const PARTS: readonly (readonly [name: string, seconds: number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** 12 µs, 340 ms, 4.2 s, 3 min 20 s, 2 h 5 min: two units at most. */
export function duration(seconds: number | null): string {
  if (seconds === null) return NOTHING;
  if (seconds === 0) return unit(0, "second");
  if (seconds < 0.000_999_5) return unit(seconds * 1e6, "microsecond", significant(seconds * 1e6));
  if (seconds < 0.999_5) return unit(seconds * 1e3, "millisecond", significant(seconds * 1e3));
  if (seconds < 59.95) return unit(seconds, "second", seconds < 10 ? 2 : 1);
  return long(Math.round(seconds));
}

function long(seconds: number): string {
  const first = PARTS.findIndex(([, length]) => seconds >= length);
  const [[name, length] = ["second", 1], [smaller, short] = ["second", 1]] = PARTS.slice(first);
  let whole = Math.floor(seconds / length);
  let rest = Math.round((seconds - whole * length) / short);
  if (rest * short === length) [whole, rest] = [whole + 1, 0];
  return rest ? `${unit(whole, name)} ${unit(rest, smaller)}` : unit(whole, name);
}

/** Return the relative change of a count or a duration. */
export function change(now: number | null, before: number | null): number | null {
  if (now === null || before === null) return null;
  return before === 0 ? (now === 0 ? 0 : null) : now / before - 1;
}

const TENFOLD = 9;

/** +12 %, -3.1 %; from a factor of ten: ×12. */
export function signedShare(value: number): string {
  if (value >= TENFOLD) return `×${formatted(value + 1, { maximumFractionDigits: 0 })}`;
  const digits = Math.abs(value) < 0.0995 ? 1 : 0;
  return formatted(value, { style: "percent", maximumFractionDigits: digits, signDisplay: "exceptZero" });
}

/** A change of a share, in percentage points. */
export function points(value: number): string {
  return `${formatted(value * 100, { maximumFractionDigits: 1, signDisplay: "exceptZero" })} pp`;
}
