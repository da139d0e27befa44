// The side panel: the list behind a number, or one of its conversations. The URL keeps what is open.

import { html, nothing, type TemplateResult } from "lit-html";
import { count } from "../format/numbers";
import * as times from "../format/times";
import { closeOutside } from "../view/about";
import * as icons from "../view/icons";
import type { Shown } from "../view/shown";
import { drawConversation } from "./conversation";
import { closeButton, drawProblem, waiting } from "./frame";
import { drawRows, titleOf } from "./lists";
import type { OpenPage } from "./panel_router";

export function drawPanel(shown: Shown): TemplateResult {
  const { open, conversation } = shown.store.state;
  const isOpen = Boolean(open || conversation);
  requestAnimationFrame(() => follow(isOpen));
  return html`<dialog id="panel" class="panel" aria-labelledby="panel-title" @close=${() => closed(shown)} @click=${closeOutside}>
    ${isOpen ? html`<div class="panel-body">${conversation ? drawConversation(shown) : drawList(shown)}</div>` : nothing}
  </dialog>`;
}

function follow(isOpen: boolean): void {
  const panel = document.getElementById("panel") as HTMLDialogElement | null;
  if (!panel || panel.open === isOpen) return;
  if (isOpen) panel.showModal();
  else panel.close();
}

function closed(shown: Shown): void {
  const { open, conversation } = shown.store.state;
  if (open || conversation) shown.store.closePanel();
}

function drawList(shown: Shown): TemplateResult {
  const { list } = shown.open;
  return html`<header>
      <div><h2 id="panel-title" tabindex="-1" autofocus>${titleOf(shown.store.state.open)}</h2>${list?.page ? sub(list) : nothing}</div>
      ${closeButton()}
    </header>
    ${drawProblem(shown)}
    <div class="panel-scroll" tabindex="0" role="region" aria-label="List">${list?.page ? drawRows(shown, list) : waiting(shown)}</div>
    ${list?.page ? pages(shown, list) : nothing}`;
}

function sub({ page }: OpenPage): TemplateResult {
  const window = page?.window;
  return html`<p class="faint"><strong data-total=${page?.total ?? 0}>${count(page?.total ?? 0)}</strong> ${page?.list}${window ? html` · ${times.range(window.since, window.until, window.time_zone)} · ${window.time_zone}` : nothing}</p>`;
}

function pages(shown: Shown, list: OpenPage): TemplateResult {
  const rows = list.page?.rows.length ?? 0;
  const last = list.first + rows - 1;
  return html`<footer class="pages">
    <button type="button" ?disabled=${list.cursors.length < 2} @click=${() => void shown.router.previous()}>${icons.back}Previous</button>
    <span role="status">${rows ? `${count(list.first)} – ${count(last)} of ${count(list.page?.total ?? 0)}` : "None"}</span>
    <button type="button" ?disabled=${!list.page?.next} @click=${() => void shown.router.next()}>Next${icons.forward}</button>
  </footer>`;
}
