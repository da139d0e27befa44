// A conversation: its attributes, then its events by day.

import { html, nothing, type TemplateResult } from "lit-html";
import * as names from "../format/names";
import { count } from "../format/numbers";
import * as times from "../format/times";
import { named } from "../format/visible";
import type { Item, Transcript } from "../model/types";
import * as icons from "../view/icons";
import type { Shown } from "../view/shown";
import { drawEvent } from "./events";
import { closeButton, drawProblem, waiting } from "./frame";

export function drawConversation(shown: Shown): TemplateResult {
  const { conversation } = shown.open;
  const { open, conversation: id } = shown.store.state;
  const transcript = conversation?.transcript;
  const back = open
    ? html`<button class="quiet" type="button" aria-label="Back to the list" title="Back to the list" @click=${() => shown.store.choose({ conversation: "" })}>${icons.back}</button>`
    : nothing;
  return html`<header>${back}
      <div><h2 id="panel-title" tabindex="-1" autofocus>${named(transcript?.conversation["name"] || id)}</h2><p class="faint">${named(id)}</p></div>
      ${closeButton()}
    </header>
    ${drawProblem(shown)}
    <div class="panel-scroll" tabindex="0" role="region" aria-label="Conversation">${transcript ? content(shown, transcript) : waiting(shown)}</div>`;
}

function content(shown: Shown, transcript: Transcript): TemplateResult {
  const zone = shown.store.state.zone;
  return html`${facts(transcript.conversation, zone)}
    <ol class="transcript">${days(transcript, zone)}</ol>
    ${transcript.next ? html`<button class="more" type="button" ?disabled=${shown.open.loading} @click=${() => void shown.router.loadMore()}>Show more</button>` : nothing}`;
}

function facts(item: Item, zone: string): TemplateResult {
  const place = [item["city"], item["region"], names.country(String(item["country_code"] ?? "unknown"))].filter((name) => name && name !== "unknown");
  const pairs: readonly (readonly [string, unknown])[] = [
    ["Customer", item["customer"] ?? "anonymous"],
    ["Started", item["engaged_at"] ? times.moment(String(item["engaged_at"]), zone) : "not engaged"],
    ["Place", [...new Set(place)].join(", ")],
    ["Device", item["device"]],
    ["Source", item["source"]],
    ["Language", names.language(String(item["language"] ?? "unknown"))],
    ["Rating", item["rating"] ?? "none"],
    ["Escalated", item["escalated"] ? (item["escalation_failed"] ? "yes, with a failed attempt" : "yes") : "no"],
  ];
  return html`<dl class="facts">${pairs.map(([title, value]) => html`<div><dt>${title}</dt><dd>${named(value)}</dd></div>`)}</dl>`;
}

function days({ events, sessions }: Transcript, zone: string): readonly unknown[] {
  const starts = sessions.map((session) => String(session["started_at"]));
  let [day, session] = ["", ""];
  return events.map((event) => {
    const at = String(event["occurred_at"]);
    const [today, begun] = [times.dayOf(at, zone), starts.filter((start) => start <= at).at(-1) ?? ""];
    const marks = [
      today === day ? nothing : html`<li class="day">${today}</li>`,
      sessions.length > 1 && begun !== session ? html`<li class="session">Session ${count(starts.indexOf(begun) + 1)} of those shown</li>` : nothing,
    ];
    [day, session] = [today, begun];
    return html`${marks}${drawEvent(event, zone)}`;
  });
}
