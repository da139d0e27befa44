// Daily values as lines, or as a table in which every number opens its list.

import { html, type TemplateResult } from "lit-html";
import { LINES } from "../charts/daily_chart";
import { count } from "../format/numbers";
import * as times from "../format/times";
import type { Row, Window } from "../model/types";
import { LocalDate } from "../model/presets";
import type { Card } from "../view/card";
import { figure, openBehind } from "../view/figures";
import * as icons from "../view/icons";
import type { Shown } from "../view/shown";

const METRIC = "daily_overview";
const TABLE = "table:daily";
const NONE: readonly Row[] = [];

export const daily: Card = {
  metric: METRIC,
  size: "wide",
  isEmpty: (shown) => shown.rows(METRIC).every((row) => LINES.every(({ column }) => !row[column])),
  controls: (shown) =>
    html`<button class="quiet" type="button" aria-pressed=${shown.has(TABLE)} aria-label="Daily overview as a table" title="Show as table" @click=${() => shown.toggle(TABLE)}>${icons.table}</button>`,
  draw: (shown) => html`${key(shown)}${shown.has(TABLE) ? table(shown) : chart(shown)}`,
};

function key(shown: Shown): TemplateResult {
  const before = shown.compares ? html`<span><i class="dashed"></i>previous period</span>` : "";
  return html`<p class="key" aria-hidden="true">${LINES.map(({ title, colour }) => html`<span><i class="swatch ${colour}"></i>${title}</span>`)}${before}</p>`;
}

function chart(shown: Shown): TemplateResult {
  const rows = shown.rows(METRIC);
  const window = shown.store.dashboard?.window;
  const open = (row: Row, name: string) => {
    const column = shown.column(METRIC, name);
    if (column) openBehind(shown, column, row);
  };
  const model = { rows, before: shown.compares ? shown.before(METRIC) : NONE, partial: window ? partialDays(window) : new Set<string>(), open, colours: shown.colours };
  return html`<daily-chart class="chart" role="img" aria-label=${summary(rows)} .model=${model}></daily-chart>`;
}

function summary(rows: readonly Row[]): string {
  const most = rows.reduce((best, row) => (Number(row["messages"]) > Number(best["messages"]) ? row : best), rows[0] ?? {});
  const day = most["day"] ? times.calendarDay(String(most["day"]), "long") : "";
  return `Messages and conversations over ${rows.length} days. Peak: ${count(Number(most["messages"]))} messages on ${day}. The button above shows a table.`;
}

/** The first and last days that the range covers only in part. */
function partialDays(window: Window): ReadonlySet<string> {
  const edges = [new Date(window.since), new Date(window.until)].filter((edge) => !times.isMidnight(edge, window.time_zone));
  return new Set(edges.map((edge) => LocalDate.today(window.time_zone, edge).toString()));
}

function table(shown: Shown): TemplateResult {
  return html`<div class="scroll days" tabindex="0" role="region" aria-label="Daily overview, table"><table>
    <thead><tr><th scope="col">Day</th>${LINES.map(({ title }) => html`<th scope="col" class="number">${title}</th>`)}</tr></thead>
    <tbody>${shown.rows(METRIC).map((row) => {
      const day = times.calendarDay(String(row["day"]), "long");
      return html`<tr><th scope="row">${day}</th>${LINES.map(({ column, title }) => html`<td class="number">${figure(shown, METRIC, column, row, `${day}, ${title}`)}</td>`)}</tr>`;
    })}</tbody></table></div>`;
}
