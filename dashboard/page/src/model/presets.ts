// Named ranges, as times that the API accepts.

export interface Range {
  readonly since: string;
  readonly until: string;
}

export interface Preset {
  readonly name: string;
  readonly title: string;
  readonly range: (today: LocalDate) => Range;
}

const DAY_MS = 86_400_000;

/** A calendar day without a time zone. */
export class LocalDate {
  private constructor(private readonly ms: number) {}

  static today(zone: string, now = new Date()): LocalDate {
    const options = { timeZone: zone, calendar: "gregory", numberingSystem: "latn" } as const;
    const parts = new Intl.DateTimeFormat("en", { ...options, year: "numeric", month: "numeric", day: "numeric" });
    const of = Object.fromEntries(parts.formatToParts(now).map(({ type, value }) => [type, Number(value)]));
    return new LocalDate(Date.UTC(of["year"] ?? 0, (of["month"] ?? 1) - 1, of["day"] ?? 1));
  }

  plus(days: number): LocalDate {
    return new LocalDate(this.ms + days * DAY_MS);
  }

  firstOfMonth(months = 0): LocalDate {
    const date = new Date(this.ms);
    return new LocalDate(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
  }

  monday(): LocalDate {
    return this.plus(-((new Date(this.ms).getUTCDay() + 6) % 7));
  }

  toString(): string {
    return new Date(this.ms).toISOString().slice(0, 10);
  }
}

function last(number: number, unit: "h" | "d", title: string): Preset {
  return { name: `${number}${unit}`, title, range: () => ({ since: `-${number}${unit}`, until: "now" }) };
}

function days(name: string, title: string, since: (today: LocalDate) => LocalDate, until?: (today: LocalDate) => LocalDate): Preset {
  return { name, title, range: (today) => ({ since: `${since(today)}`, until: until ? `${until(today)}` : "now" }) };
}

export const PRESETS: readonly Preset[] = [
  days("today", "Today", (today) => today),
  days("yesterday", "Yesterday", (today) => today.plus(-1), (today) => today),
  last(24, "h", "Last 24 hours"),
  last(7, "d", "Last 7 days"),
  last(30, "d", "Last 30 days"),
  last(90, "d", "Last 90 days"),
  days("week", "This week", (today) => today.monday()),
  days("month", "This month", (today) => today.firstOfMonth()),
  days("last-month", "Last month", (today) => today.firstOfMonth(-1), (today) => today.firstOfMonth()),
];

export const DEFAULT_PRESET = "30d";

export function presetOf(name: string): Preset | undefined {
  return PRESETS.find((preset) => preset.name === name);
}
