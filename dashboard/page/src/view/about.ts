// The dialog with the catalogue's definition of a metric.

import { html, type TemplateResult } from "lit-html";
import type { Metric } from "../model/types";
import * as icons from "./icons";
import { marked } from "./marked";
import type { Shown } from "./shown";

const PREFIX = "about:";

export function openAbout(shown: Shown, metric: Metric): void {
  shown.toggle(PREFIX + metric.name);
  requestAnimationFrame(() => (document.getElementById("about") as HTMLDialogElement | null)?.showModal());
}

function asked(shown: Shown): Metric | undefined {
  return [...shown.store.catalogue.values()].find(({ name }) => shown.has(PREFIX + name));
}

function close(shown: Shown, metric: Metric): void {
  shown.drop(PREFIX + metric.name);
}

export function drawAbout(shown: Shown): TemplateResult {
  const metric = asked(shown);
  return html`<dialog id="about" class="about" aria-labelledby="about-title" @close=${() => metric && close(shown, metric)} @click=${closeOutside}>
    ${metric ? explanation(metric) : ""}
  </dialog>`;
}

/** Close a dialog when its backdrop is clicked. */
export function closeOutside(event: Event): void {
  if (event.target === event.currentTarget) (event.currentTarget as HTMLDialogElement).close();
}

function explanation(metric: Metric): TemplateResult {
  return html`<article>
    <header><h2 id="about-title">${metric.title}</h2>
      <form method="dialog"><button class="quiet" aria-label="Close" autofocus>${icons.close}</button></form></header>
    <p class="definition">${marked(metric.definition)}</p>
    <h3>Columns</h3>
    <dl>${metric.columns.map(({ title, name, unit, meaning }) => html`<div><dt>${title}</dt><dd>${marked(meaning)} <span class="faint">${name}, ${unit}</span></dd></div>`)}</dl>
    <h3>Not counted</h3>
    <ul>${metric.left_out.map(({ what }) => html`<li>${marked(what)}</li>`)}</ul>
    <h3>How to send the data</h3>
    ${metric.filled_by.map(({ argument, example }) => html`<p><code>${argument}</code></p><pre tabindex="0">${example}</pre>`)}
    <p class="faint">Over HTTP: <a href="api/metrics">api/metrics</a>/${metric.name}. In ClickHouse: the view <code>${metric.name}</code>.</p>
  </article>`;
}
