// Conversations by device, source and language. Unknown values have a row of their own.

import { html, nothing, type TemplateResult } from "lit-html";
import * as names from "../format/names";
import { share } from "../format/numbers";
import type { Row } from "../model/types";
import { allUnknown, type Card } from "../view/card";
import { figure, keyOf, track } from "../view/figures";
import type { Shown } from "../view/shown";

const SHORT = 7;

export interface Bars {
  readonly metric: string;
  readonly nameOf: (row: Row) => string;
  readonly rows: readonly Row[];
  readonly before: readonly Row[];
  /** The column that the bars show. */
  readonly column: string;
  /** Called when a name is chosen; without it the name is plain text. */
  readonly choose?: (row: Row) => void;
  readonly chosen?: string;
  readonly limit?: number;
}

/** Draw one row per name: a bar relative to the largest, the count with its list, and its share. */
export function bars(shown: Shown, asked: Bars): TemplateResult {
  const { metric, rows, column } = asked;
  const values = rows.map((row) => shown.number(row, column) ?? 0);
  const [largest, whole] = [Math.max(...values, 1), values.reduce((sum, value) => sum + value, 0)];
  const limit = asked.limit ?? SHORT;
  const all = shown.has(`all:${metric}`) || rows.length <= limit + 1;
  const before = new Map(asked.before.map((row) => [keyOf(shown, metric, row), shown.number(row, column)]));
  const visible = all ? rows : rows.slice(0, limit);
  return html`<table class="bars"><caption class="sr">${shown.metric(metric)?.title}</caption>
    <tbody>${visible.map((row) => bar(shown, asked, row, largest, whole, before))}</tbody></table>
    ${rows.length > limit + 1 ? more(shown, metric, rows.length, all) : nothing}
    ${shown.compares ? html`<p class="hint mark-key"><i aria-hidden="true"></i>previous period</p>` : nothing}`;
}

function bar(shown: Shown, asked: Bars, row: Row, largest: number, whole: number, before: ReadonlyMap<string, number | null>): TemplateResult {
  const { metric, column, choose } = asked;
  const name = asked.nameOf(row);
  const value = shown.number(row, column) ?? 0;
  const key = keyOf(shown, metric, row);
  const earlier = shown.compares ? (before.get(key) ?? 0) / largest : null;
  const title = choose
    ? html`<button class="opens" type="button" aria-pressed=${asked.chosen === key} @click=${() => choose(row)}>${name}</button>`
    : name;
  return html`<tr class=${key.startsWith(names.UNKNOWN) ? "unknown" : ""}>
    <th scope="row" title=${name}><bdi>${title}</bdi></th>
    <td class="bar">${track(value / largest, key.startsWith(names.UNKNOWN) ? "s4" : "s1", earlier)}</td>
    <td class="number">${figure(shown, metric, column, row, name)}</td>
    <td class="number faint">${share(whole ? value / whole : null)}</td>
  </tr>`;
}

/** The button below a shortened table that shows all rows or only the first ones. */
export function more(shown: Shown, metric: string, number: number, all: boolean): TemplateResult {
  return html`<button class="more" type="button" aria-expanded=${all} @click=${() => shown.toggle(`all:${metric}`)}>${all ? "Show fewer" : `Show all ${number}`}</button>`;
}

function breakdown(metric: string, key: string, nameOf: (name: string) => string): Card {
  return {
    metric,
    size: "third",
    isEmpty: (shown) => shown.rows(metric).length === 0,
    draw: (shown) => {
      const rows = shown.rows(metric);
      const drawn = bars(shown, { metric, rows, before: shown.before(metric), column: "conversations", nameOf: (row) => nameOf(String(row[key])) });
      return html`${drawn}${onlyUnknown(rows, key) ? allUnknown(shown.metric(metric)) : nothing}`;
    },
  };
}

export function onlyUnknown(rows: readonly Row[], key: string): boolean {
  return rows.length > 0 && rows.every((row) => row[key] === names.UNKNOWN);
}

export const devices = breakdown("device_usage", "device", names.capitalised);
export const sources = breakdown("sources", "source", names.channel);

const LANGUAGES = "languages";

/** Languages; a chosen language shows the regions of its tags. */
export const languages: Card = {
  metric: LANGUAGES,
  size: "third",
  isEmpty: (shown) => shown.rows(LANGUAGES).length === 0,
  draw: (shown) => (shown.store.state.language ? regions(shown, shown.store.state.language) : allLanguages(shown)),
};

function allLanguages(shown: Shown): TemplateResult {
  const rows = shown.rows(LANGUAGES);
  const choose = (row: Row) => shown.store.choose({ language: String(row["language"]) });
  const drawn = bars(shown, { metric: LANGUAGES, rows, before: shown.before(LANGUAGES), column: "conversations", nameOf: (row) => names.language(String(row["language"])), choose });
  return html`${drawn}${onlyUnknown(rows, "language") ? allUnknown(shown.metric(LANGUAGES)) : nothing}`;
}

function regions(shown: Shown, language: string): TemplateResult {
  const metric = "language_regions";
  const ofLanguage = (rows: readonly Row[]) => rows.filter((row) => row["language"] === language);
  const nameOf = (row: Row) => (row["region"] === names.UNKNOWN ? "No region" : names.country(String(row["region"])));
  return html`<p class="crumb"><button type="button" @click=${() => shown.store.choose({ language: "" })}>All languages</button> ${names.language(language)}</p>
    ${bars(shown, { metric, rows: ofLanguage(shown.rows(metric)), before: ofLanguage(shown.before(metric)), column: "conversations", nameOf })}`;
}
