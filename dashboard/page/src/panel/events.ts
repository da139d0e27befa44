// One event of a conversation. Content from producers is always text, never markup, and never wider than the panel.

import { html, nothing, type TemplateResult } from "lit-html";
import * as numbers from "../format/numbers";
import * as times from "../format/times";
import { named, visible } from "../format/visible";
import type { Item, Json } from "../model/types";
import { longText } from "./long_text";

const LONG = 3_000;
const WHO: Readonly<Record<string, string>> = { end_user: "End user", agent: "Agent", system: "System" };

type Draw = (event: Item) => TemplateResult;

const KINDS: Readonly<Record<string, Draw>> = {
  message: drawMessage,
  action: drawAction,
  button: (event) => remark("Button", html`${named(string(event, "label") || string(event, "button_event"))}${string(event, "value") ? html` <code>${named(string(event, "value"))}</code>` : nothing}`),
  feedback: drawFeedback,
  token_usage: (event) => remark("Tokens", html`${numbers.count(number(event, "total_tokens") ?? sumOfTokens(event))} ${named(string(event, "model"))}`),
  conversation_visited: () => remark("Visited", "the widget was opened"),
  conversation_engaged: () => remark("Engaged", "the conversation was opened"),
  conversation_ended: () => remark("Ended", "the conversation was ended"),
};

export function drawEvent(event: Item, zone: string): TemplateResult {
  const type = string(event, "type");
  const side = type === "message" ? string(event, "sender") : "aside";
  const at = string(event, "occurred_at");
  return html`<li class="event ${side}" data-type=${type}>
    ${KINDS[type]?.(event) ?? remark(visible(type), "")}
    <p class="meta"><time datetime=${at} title=${times.moment(at, zone)}>${times.clock(at, zone)}</time>${answered(event)}${invalidFields(event)}</p>
    ${drawRest(event)}</li>`;
}

function string(event: Item, name: string): string {
  const value = event[name];
  return value === null || value === undefined ? "" : String(value);
}

function number(event: Item, name: string): number | null {
  const value = event[name];
  return typeof value === "number" ? value : null;
}

function drawMessage(event: Item): TemplateResult {
  const files = (event["attachments"] ?? []) as readonly Item[];
  return html`<p class="who">${WHO[string(event, "sender")] ?? named(string(event, "sender"))}</p>
    ${written(string(event, "content"), files.length > 0)}
    ${files.map((file) => html`<p class="file">📎 ${named(string(file, "filename") || (file["hmac-sha256"] ? "not stored" : "a file"))} <span class="faint">${named(string(file, "mime_type"))}</span></p>`)}`;
}

/** Show the beginning of a long text; the rest is folded. */
function written(content: string, hasFiles = false): TemplateResult {
  if (content === "" && !hasFiles) return html`<div class="content faint">text not stored</div>`;
  if (content.length <= LONG) return html`<div class="content" dir="auto">${longText(content)}</div>`;
  return html`<div class="content" dir="auto">${longText(content.slice(0, LONG))}…</div>
    <details><summary>All ${numbers.count(content.length)} characters</summary><div class="content" dir="auto">${longText(content)}</div></details>`;
}

function drawAction(event: Item): TemplateResult {
  const failed = event["failed"] === true;
  return html`<p class="who">Action</p>
    <p class="action"><strong>${named(string(event, "action_name"))}</strong> <span>${numbers.duration(number(event, "seconds"))}</span>
      ${failed ? html`<span class="tag negative">failed</span>` : nothing}</p>
    ${failed ? html`<div class="content error" dir="auto">${longText(string(event, "error_message"))}</div>` : nothing}
    ${folded("Response", event["response"])}${folded("Tools used", event["tools_used"])}`;
}

function drawFeedback(event: Item): TemplateResult {
  const verdict = string(event, "verdict");
  const rating = event["rating"];
  const comment = string(event, "comment");
  const by = event["rated_by"] === "staff" ? "by staff" : "by the customer";
  return html`${remark("Rating", html`<span class="tag ${verdict}">${verdict || "unrecognised"}</span> ${named(typeof rating === "object" ? JSON.stringify(rating) : rating)} ${by}`)}
    ${comment ? written(comment) : nothing}`;
}

function remark(title: string, what: unknown): TemplateResult {
  return html`<p class="remark"><span class="who">${title}</span> ${what}</p>`;
}

function sumOfTokens(event: Item): number {
  return ["prompt_tokens", "completion_tokens"].reduce((sum, name) => sum + (number(event, name) ?? 0), 0);
}

function answered(event: Item): TemplateResult | typeof nothing {
  const seconds = number(event, "response_seconds");
  return seconds === null ? nothing : html` · <span class="response">answered in ${numbers.duration(seconds)}</span>`;
}

function invalidFields(event: Item): TemplateResult | typeof nothing {
  const fields = (event["invalid_fields"] ?? []) as readonly string[];
  return fields.length ? html` · <span class="faint">invalid fields: ${named(fields.join(", "))}</span>` : nothing;
}

function isEmpty(value: Json | undefined): boolean {
  return value === null || value === undefined || value === "" || (typeof value === "object" && Object.keys(value).length === 0);
}

function folded(title: string, value: Json | undefined): TemplateResult | typeof nothing {
  if (isEmpty(value)) return nothing;
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return html`<details><summary>${title}</summary><pre dir="auto" tabindex="0">${longText(text)}</pre></details>`;
}

function drawRest(event: Item): TemplateResult {
  return html`${folded("Metadata", event["metadata"])}${folded("Other fields", event["extra"])}`;
}
