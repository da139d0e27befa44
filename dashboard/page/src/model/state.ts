// The state of the page, kept in its URL: the same URL shows the same page.

import { DEFAULT_PRESET, LocalDate, presetOf, type Range } from "./presets";

export type HeatMode = "messages" | "conversations";

/** An open list: its name and its filters. */
export interface OpenList {
  readonly list: string;
  readonly filters: Readonly<Record<string, string>>;
}

export interface State {
  readonly agent: string;
  readonly environment: string;
  /** A preset's name, or "custom" with since and until. */
  readonly preset: string;
  readonly since: string;
  readonly until: string;
  readonly zone: string;
  readonly compare: boolean;
  readonly live: boolean;
  readonly heat: HeatMode;
  readonly country: string;
  readonly language: string;
  readonly open: OpenList | null;
  readonly conversation: string;
}

export const PANEL_CLOSED = { open: null, conversation: "" } as const;

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

export function initialState(): State {
  return {
    agent: "",
    environment: "",
    preset: DEFAULT_PRESET,
    since: "",
    until: "",
    zone: browserZone(),
    compare: true,
    live: false,
    heat: "messages",
    country: "",
    language: "",
    ...PANEL_CLOSED,
  };
}

export function rangeOf(state: State): Range {
  const preset = presetOf(state.preset);
  return preset ? preset.range(LocalDate.today(state.zone)) : { since: state.since, until: state.until };
}

const TEXTS = ["agent", "environment", "zone", "country", "language", "conversation"] as const;

export function toSearch(state: State): string {
  const start = initialState();
  const search = new URLSearchParams();
  for (const name of TEXTS) if (state[name] !== start[name]) search.set(name, state[name]);
  if (state.preset === "custom") {
    search.set("since", state.since);
    search.set("until", state.until);
  } else if (state.preset !== DEFAULT_PRESET) search.set("range", state.preset);
  if (!state.compare) search.set("compare", "none");
  if (state.live) search.set("live", "on");
  if (state.heat !== "messages") search.set("heat", state.heat);
  if (state.open) search.set("list", `${state.open.list}?${new URLSearchParams(state.open.filters)}`);
  return search.toString();
}

export function fromSearch(text: string): State {
  const search = new URLSearchParams(text);
  const start = initialState();
  const texts = Object.fromEntries(TEXTS.map((name) => [name, search.get(name) ?? start[name]]));
  return {
    ...start,
    ...texts,
    ...rangeFrom(search),
    zone: zoneFrom(search.get("zone")),
    compare: search.get("compare") !== "none",
    live: search.get("live") === "on",
    heat: search.get("heat") === "conversations" ? "conversations" : "messages",
    open: listFrom(search.get("list")),
  };
}

function rangeFrom(search: URLSearchParams): Pick<State, "preset" | "since" | "until"> {
  const since = search.get("since");
  if (since) return { preset: "custom", since, until: search.get("until") ?? "now" };
  const preset = presetOf(search.get("range") ?? "");
  return { preset: preset?.name ?? DEFAULT_PRESET, since: "", until: "" };
}

function listFrom(text: string | null): OpenList | null {
  if (!text) return null;
  const [list = "", filters = ""] = text.split(/\?(.*)/s);
  return { list, filters: Object.fromEntries(new URLSearchParams(filters)) };
}

function zoneFrom(name: string | null): string {
  return name && isZone(name) ? name : browserZone();
}

export function isZone(name: string): boolean {
  try {
    return Boolean(name) && Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}
