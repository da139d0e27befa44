// Shared by the list and the conversation: the close button, the error, the loading state.

import { html, nothing, type TemplateResult } from "lit-html";
import { named } from "../format/visible";
import * as icons from "../view/icons";
import type { Shown } from "../view/shown";

export function closeButton(): TemplateResult {
  return html`<form method="dialog"><button class="quiet" aria-label="Close" title="Close">${icons.close}</button></form>`;
}

export function waiting(shown: Shown): TemplateResult | typeof nothing {
  return shown.open.problem ? nothing : html`<p class="faint" role="status">Loading…</p>`;
}

export function drawProblem(shown: Shown): TemplateResult {
  const { problem } = shown.open;
  if (!problem) return html`<div role="alert" class="no-note"></div>`;
  return html`<div role="alert" class="note wrong"><p>${named(problem)}</p><button type="button" @click=${() => void shown.router.retry()}>Try again</button></div>`;
}
