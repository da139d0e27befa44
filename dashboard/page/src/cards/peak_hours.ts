// The week as a table of hours, Monday first. Tab reaches one cell; the arrow keys reach the others.

import { html, type TemplateResult } from "lit-html";
import { count } from "../format/numbers";
import * as times from "../format/times";
import type { HeatMode } from "../model/state";
import type { Row } from "../model/types";
import type { Card } from "../view/card";
import { openBehind } from "../view/figures";
import type { Shown } from "../view/shown";

const METRIC = "peak_hours";
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const DAYS = [1, 2, 3, 4, 5, 6, 7] as const;
const LEVELS = 7;
const STEPS: Readonly<Record<string, readonly [days: number, hours: number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

export const peakHours: Card = {
  metric: METRIC,
  size: "narrow",
  isEmpty: (shown) => shown.rows(METRIC).every((row) => !row["messages"] && !row["conversations"]),
  controls: (shown) => modes(shown),
  draw: (shown) => {
    const mode = shown.store.state.heat;
    const rows = shown.rows(METRIC);
    const most = Math.max(1, ...rows.map((row) => shown.number(row, mode) ?? 0));
    return html`<table class="heat" @keydown=${move}>
        <caption class="sr">${mode} by weekday and hour in ${shown.store.dashboard?.window.time_zone}; use the arrow keys to move</caption>
        <thead><tr><td></td>${HOURS.map((hour) => html`<th scope="col"><span class="sr">${times.hour(hour)}</span><span aria-hidden="true">${hour % 3 ? "" : hour}</span></th>`)}</tr></thead>
        <tbody>${DAYS.map((day) => week(shown, rows, day, mode, most))}</tbody>
      </table>
      ${legend(shown, rows, mode, most)}`;
  },
};

function modes(shown: Shown): TemplateResult {
  const { heat } = shown.store.state;
  const choice = (mode: HeatMode, title: string) =>
    html`<button type="button" aria-pressed=${heat === mode} @click=${() => shown.store.choose({ heat: mode }, "replace")}>${title}</button>`;
  return html`<span class="choice" role="group" aria-label="Count">${choice("messages", "Messages")}${choice("conversations", "Conversations")}</span>`;
}

function week(shown: Shown, rows: readonly Row[], day: number, mode: HeatMode, most: number): TemplateResult {
  return html`<tr><th scope="row"><abbr title=${times.weekday(day, "long")}>${times.weekday(day)}</abbr></th>
    ${rows.filter((row) => row["weekday"] === day).map((row) => cell(shown, row, mode, most))}</tr>`;
}

function cell(shown: Shown, row: Row, mode: HeatMode, most: number): TemplateResult {
  const value = shown.number(row, mode) ?? 0;
  const [day, hour] = [Number(row["weekday"]), Number(row["hour"])];
  const label = `${times.weekday(day, "long")}, ${times.hour(hour)}: ${count(value)} ${mode}`;
  const column = shown.column(METRIC, mode);
  return html`<td><button type="button" class="heat-${level(value, most)}" tabindex=${day === 1 && hour === 0 ? 0 : -1} title=${label} aria-label=${label}
    data-metric=${METRIC} data-column=${mode} data-key="${day}/${hour}" data-value=${value}
    @click=${() => column && openBehind(shown, column, row)}></button></td>`;
}

/** Return 0 for zero, else a step on a square root scale, so that one busy hour does not hide the others. */
function level(value: number, most: number): number {
  return Math.ceil(Math.sqrt(value / most) * LEVELS);
}

function move(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const from = (event.target as Element).closest("button");
  if (!step || !from) return;
  event.preventDefault();
  const [day = 1, hour = 0] = (from.dataset["key"] ?? "").split("/").map(Number);
  const key = `${((day - 1 + step[0] + 7) % 7) + 1}/${(hour + step[1] + 24) % 24}`;
  const to = (event.currentTarget as Element).querySelector<HTMLElement>(`[data-key="${key}"]`);
  from.tabIndex = -1;
  if (!to) return;
  to.tabIndex = 0;
  to.focus();
}

function legend(shown: Shown, rows: readonly Row[], mode: HeatMode, most: number): TemplateResult {
  const busiest = rows.reduce((best, row) => ((shown.number(row, mode) ?? 0) > (shown.number(best, mode) ?? 0) ? row : best), rows[0] ?? {});
  const steps = Array.from({ length: LEVELS + 1 }, (_, step) => html`<i class="heat-${step}"></i>`);
  return html`<p class="legend"><span aria-hidden="true">0 ${steps} ${count(most)}</span>
    <span>Busiest: ${times.weekday(Number(busiest["weekday"]), "long")}, ${times.hour(Number(busiest["hour"]))}</span></p>`;
}
