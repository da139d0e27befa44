// Times in the chosen time zone, and calendar days, which have no time zone.

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([zone, options]);
  const format = formats.get(key) ?? new Intl.DateTimeFormat(undefined, { timeZone: zone, ...options });
  formats.set(key, format);
  return format;
}

export function moment(text: string, zone: string): string {
  return formatOf(zone, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(text));
}

export function clock(text: string, zone: string): string {
  return formatOf(zone, { timeStyle: "medium" }).format(new Date(text));
}

export function dayOf(text: string, zone: string): string {
  return formatOf(zone, { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(new Date(text));
}

/** "26 Oct – 25 Nov 2026", to the minute where the range does not begin and end at midnight. */
export function range(since: string, until: string, zone: string): string {
  const [first, last] = [new Date(since), new Date(until)];
  const whole = isMidnight(first, zone) && isMidnight(last, zone) && first < last;
  const days = formatOf(zone, { dateStyle: "medium" });
  if (whole) return days.formatRange(first, new Date(last.getTime() - 1));
  return formatOf(zone, { dateStyle: "medium", timeStyle: "short" }).formatRange(first, last);
}

export function isMidnight(date: Date, zone: string): boolean {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, hourCycle: "h23", hour: "numeric", minute: "numeric", second: "numeric" });
  return parts.formatToParts(date).every(({ type, value }) => type === "literal" || Number(value) === 0);
}

/** A calendar day, "2026-11-25", as the locale writes it. */
export function calendarDay(day: string, style: "short" | "long" = "short"): string {
  const options: Intl.DateTimeFormatOptions =
    style === "short" ? { day: "numeric", month: "short" } : { weekday: "short", day: "numeric", month: "short", year: "numeric" };
  return formatOf("UTC", options).format(new Date(`${day}T00:00:00Z`));
}

/** 1 is Monday. */
export function weekday(number: number, width: "short" | "long" = "short"): string {
  return formatOf("UTC", { weekday: width }).format(new Date(Date.UTC(2024, 0, number)));
}

/** The hour as the locale writes it: 14:00, 2 PM. */
export function hour(number: number): string {
  return formatOf("UTC", { hour: "numeric", minute: "2-digit" }).format(new Date(Date.UTC(2024, 0, 1, number)));
}

/** What a field of the type datetime-local holds: 2026-04-01T08:00 on the clock of the zone. */
export function wallClock(text: string, zone: string): string {
  const options = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const parts = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", { timeZone: zone, ...options }).formatToParts(new Date(text));
  const of = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return `${of["year"]?.padStart(4, "0")}-${of["month"]}-${of["day"]}T${of["hour"]}:${of["minute"]}`;
}
