// The frame of every card: title, definition, downloads, what is not counted, and how to send data when it is empty.

import { html, nothing, type TemplateResult } from "lit-html";
import { count } from "../format/numbers";
import { csvAddress } from "../model/links";
import type { Metric } from "../model/types";
import { savePicture } from "../charts/picture";
import { openAbout } from "./about";
import { figure, openBehind } from "./figures";
import * as icons from "./icons";
import { marked } from "./marked";
import type { Shown } from "./shown";

export interface Card {
  readonly metric: string;
  readonly size: string;
  readonly draw: (shown: Shown) => TemplateResult;
  /** Whether there is nothing to show. */
  readonly isEmpty: (shown: Shown) => boolean;
  /** Controls beside the title. */
  readonly controls?: (shown: Shown) => unknown;
}

export function drawCard(shown: Shown, card: Card): TemplateResult {
  const metric = shown.metric(card.metric);
  const title = metric?.title ?? "";
  return html`<section class="card ${card.size}" id="card-${card.metric}" data-card=${card.metric} aria-labelledby="title-${card.metric}"
    aria-busy=${shown.store.dashboard ? "false" : "true"}>
    <header>
      <h3 id="title-${card.metric}">${title}</h3>
      <button class="quiet" type="button" aria-label="About ${title}" title="Definition" @click=${() => metric && openAbout(shown, metric)}>${icons.info}</button>
      <span class="space"></span>
      ${card.controls?.(shown) ?? nothing}
    </header>
    ${body(shown, card, metric)}
  </section>`;
}

function body(shown: Shown, card: Card, metric: Metric | undefined): TemplateResult {
  if (!shown.store.dashboard || !metric) return html`<div class="skeleton" aria-hidden="true"></div>`;
  return html`${card.isEmpty(shown) ? empty(metric) : html`<div class="body">${card.draw(shown)}</div>`}
    <footer>${leftOut(shown, metric)}${files(shown, metric)}</footer>`;
}

function files(shown: Shown, metric: Metric): TemplateResult | typeof nothing {
  const { dashboard } = shown.store;
  if (!dashboard) return nothing;
  return html`<span class="files">
    <a class="quiet" href=${csvAddress(metric.name, dashboard)} download="${metric.name}.csv" aria-label="${metric.title} as CSV" title="Download CSV">${icons.download}</a>
    <button class="quiet" type="button" aria-label="${metric.title} as PNG" title="Download PNG" @click=${(event: Event) => savePicture(event.currentTarget, metric.name)}>${icons.picture}</button>
  </span>`;
}

/** Show the SDK arguments that the metric is computed from. */
export function empty(metric: Metric): TemplateResult {
  const names = [...new Set(metric.filled_by.map(({ argument }) => argument))];
  return html`<div class="empty">
    <p>No data in this range. To send it, pass ${names.map((name, index) => html`${index ? ", " : ""}<code>${name}</code>`)}:</p>
    ${metric.filled_by.map(({ example }) => html`<pre tabindex="0" aria-label="Example">${example}</pre>`)}
  </div>`;
}

/** Explain a breakdown in which every value is unknown. */
export function allUnknown(metric: Metric | undefined): TemplateResult | typeof nothing {
  const [filled] = metric?.filled_by ?? [];
  return filled ? html`<p class="hint">No event has this value. To send it, pass <code>${filled.argument}</code>: <code>${filled.example}</code></p>` : nothing;
}

/** List what is not counted, with numbers; without numbers, only the first entry. */
function leftOut(shown: Shown, metric: Metric): TemplateResult | typeof nothing {
  const counted = metric.left_out.filter(({ column }) => column !== null);
  if (counted.length) return html`<p class="left-out">Not counted: ${counted.map(({ what, column }, index) => html`${index ? "; " : ""}${amount(shown, metric, column ?? "")} ${marked(what)}`)}</p>`;
  const [first] = metric.left_out;
  return first ? html`<p class="left-out">Not counted: ${marked(first.what)}</p>` : nothing;
}

function amount(shown: Shown, metric: Metric, name: string): TemplateResult {
  if (metric.form === "totals") return figure(shown, metric.name, name);
  const sum = shown.rows(metric.name).reduce((total, row) => total + (shown.number(row, name) ?? 0), 0);
  const column = shown.column(metric.name, name);
  if (!column?.link) return html`${count(sum)}`;
  return html`<button class="figure opens" type="button" data-metric=${metric.name} data-column=${name} data-key="*" data-value=${sum}
    @click=${() => openBehind(shown, column, null)}>${count(sum)}<span class="sr">, ${column.title}: open the list</span></button>`;
}
