// A number on the page: its value in the browser's locale, its change, and the list behind it.

import { html, nothing, type TemplateResult } from "lit-html";
import * as numbers from "../format/numbers";
import { listBehind } from "../model/links";
import type { Column, Kind, Row } from "../model/types";
import type { Shown } from "./shown";

/** Whether an increase is good, bad or neither. */
export type Welcome = "more" | "less" | "neither";

export function text(value: number | null, kind: Kind): string {
  if (kind === "duration") return numbers.duration(value);
  return kind === "share" ? numbers.share(value) : numbers.count(value);
}

/** Draw a number; a count opens its list. */
export function figure(shown: Shown, metric: string, name: string, row: Row | null = null, about = ""): TemplateResult {
  const column = shown.column(metric, name);
  const from = row ?? shown.row(metric);
  const value = shown.number(from, name);
  const key = row ? keyOf(shown, metric, row) : "";
  if (!column) return html`<span class="figure">${numbers.NOTHING}</span>`;
  const written = text(value, column.kind);
  if (!column.link || value === null) {
    return html`<span class="figure" data-metric=${metric} data-column=${name} data-key=${key} data-value=${value ?? ""} title=${value === null ? "No data to compute this value" : nothing}>${written}</span>`;
  }
  return html`<button class="figure opens" type="button" data-metric=${metric} data-column=${name} data-key=${key}
    data-value=${value} title=${column.meaning} @click=${() => openBehind(shown, column, from)}
    >${written}<span class="sr">, ${about || column.title}: open the list</span></button>`;
}

export function openBehind(shown: Shown, column: Column, row: Row | null): void {
  shown.store.choose({ open: listBehind(column, row), conversation: "" });
}

export function keyOf(shown: Shown, metric: string, row: Row): string {
  const keys = shown.metric(metric)?.columns.filter(({ kind }) => kind === "key" || kind === "coordinate") ?? [];
  return keys.map(({ name }) => String(row[name] ?? "unknown")).join("/");
}

/** Draw the change from the previous period: in per cent; for shares in percentage points. */
export function change(shown: Shown, metric: string, name: string, welcome: Welcome = "neither"): TemplateResult | typeof nothing {
  const [before] = shown.before(metric);
  if (!before || !shown.compares) return nothing;
  const kind = shown.column(metric, name)?.kind ?? "count";
  return changeBetween(shown.number(shown.row(metric), name), shown.number(before, name), kind, welcome);
}

export function changeBetween(now: number | null, before: number | null, kind: Kind, welcome: Welcome): TemplateResult {
  const title = `Previous period: ${text(before, kind)}`;
  const difference = kind === "share" ? subtracted(now, before) : numbers.change(now, before);
  if (difference === null) return html`<span class="change none" title=${title}>${now && before === 0 ? "new" : numbers.NOTHING}<span class="sr">, ${title}</span></span>`;
  const written = kind === "share" ? numbers.points(difference) : numbers.signedShare(difference);
  const arrow = difference > 0 ? "▲" : difference < 0 ? "▼" : "";
  return html`<span class="change ${judged(difference, welcome)}" title=${title}><span aria-hidden="true">${arrow}</span>${written}<span class="sr">, ${title}</span></span>`;
}

function subtracted(now: number | null, before: number | null): number | null {
  return now === null || before === null ? null : now - before;
}

function judged(difference: number, welcome: Welcome): string {
  if (welcome === "neither" || difference === 0) return "neutral";
  return difference > 0 === (welcome === "more") ? "better" : "worse";
}

/** The main number of a card. */
export function headline(shown: Shown, metric: string, name: string, welcome: Welcome = "neither", beside: unknown = nothing): TemplateResult {
  return html`<p class="headline">${figure(shown, metric, name)}${change(shown, metric, name, welcome)}${beside === nothing ? nothing : html`<span class="beside">${beside}</span>`}</p>`;
}

export interface LineOptions {
  readonly welcome?: Welcome;
  readonly swatch?: string;
  readonly title?: string;
}

/** One line of a card: title, value and change. */
export function line(shown: Shown, metric: string, name: string, options: LineOptions = {}): TemplateResult {
  const column = shown.column(metric, name);
  const swatch = options.swatch ? html`<span class="swatch ${options.swatch}" aria-hidden="true"></span>` : nothing;
  return html`<div class="line">
    <dt title=${column?.meaning ?? ""}>${swatch}${options.title ?? column?.title ?? name}</dt>
    <dd>${figure(shown, metric, name)}${change(shown, metric, name, options.welcome)}</dd>
  </div>`;
}

export interface Part {
  readonly column: string;
  readonly swatch: string;
}

/** Draw parts of a whole side by side; the lines below give the same values as text. */
export function split(shown: Shown, metric: string, parts: readonly Part[]): TemplateResult {
  const row = shown.row(metric);
  const values = parts.map(({ column }) => shown.number(row, column) ?? 0);
  const whole = values.reduce((sum, value) => sum + value, 0);
  const pieces = parts.map(({ swatch }, index) => {
    const width = whole ? ((values[index] ?? 0) / whole) * 100 : 0;
    return width ? html`<span class=${swatch} .style=${`width:${width}%`}></span>` : nothing;
  });
  return html`<div class="split" aria-hidden="true">${pieces}</div>`;
}

/** Draw a share of 1 as a filled track. */
export function track(value: number | null, swatch: string, before: number | null = null): TemplateResult {
  const width = Math.min(100, (value ?? 0) * 100);
  const mark = before === null ? nothing : html`<i .style=${`left:${Math.min(100, before * 100)}%`}></i>`;
  return html`<span class="track" aria-hidden="true"><span class=${swatch} .style=${`width:${width}%`}></span>${mark}</span>`;
}
