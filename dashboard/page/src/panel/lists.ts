// The six lists: their columns, and titles that name the filters.

import { html, type TemplateResult } from "lit-html";
import * as names from "../format/names";
import * as numbers from "../format/numbers";
import * as times from "../format/times";
import { named, visible } from "../format/visible";
import type { OpenList } from "../model/state";
import type { Item, Json } from "../model/types";
import type { Shown } from "../view/shown";
import type { OpenPage } from "./panel_router";
import { longText } from "./long_text";

const SHOWN_CHARACTERS = 600;

type Draw = (value: Json, item: Item, zone: string) => unknown;

interface ListColumn {
  readonly title: string;
  readonly name: string;
  readonly draw: Draw;
  readonly number?: boolean;
}

const text: Draw = (value) => (value === null || value === undefined || value === "" ? html`<span class="faint">${numbers.NOTHING}</span>` : named(value));
const time: Draw = (value, _, zone) => (value ? times.moment(String(value), zone) : numbers.NOTHING);
const amount: Draw = (value) => numbers.count(typeof value === "number" ? value : null);
const seconds: Draw = (value) => numbers.duration(typeof value === "number" ? value : null);
const word: Draw = (value) => (value ? html`<span class="tag ${String(value)}">${named(String(value).replaceAll("_", " "))}</span>` : numbers.NOTHING);
const failure: Draw = (value, item) => (value ? html`<span class="tag negative" title=${visible(String(item["error_message"] ?? ""))}>failed</span>` : "");
const message: Draw = (value, item) => html`<span class="clipped" dir="auto">${longText(String(value || attached(item)).slice(0, SHOWN_CHARACTERS))}</span>`;
const place: Draw = (value, item) => [item["city"], names.country(String(value))].filter((name) => name && name !== "unknown").map((name) => visible(String(name))).join(", ");
const known: Draw = (value) => (value === "unknown" ? html`<span class="faint">unknown</span>` : named(value));
const source: Draw = (value, item, zone) => known(value === "unknown" ? value : names.channel(String(value)), item, zone);
const escalated: Draw = (value) => (value ? html`<span class="tag negative">escalated</span>` : "");
const fresh: Draw = (value) => (value ? "new" : "returning");

function attached(item: Item): string {
  const files = (item["attachments"] ?? []) as readonly { filename?: string }[];
  return files.map(({ filename }) => `📎 ${visible(filename ?? "a file")}`).join(" ");
}

const column = (title: string, name: string, draw: Draw = text, number = false): ListColumn => ({ title, name, draw, number });

const COLUMNS: Readonly<Record<string, readonly ListColumn[]>> = {
  conversations: [
    column("Started", "engaged_at", (value, item, zone) => time(value ?? item["visited_at"] ?? null, item, zone)),
    column("Conversation", "conversation_id", (value, item) => text(item["name"] || value, item, "")),
    column("Customer", "customer"),
    column("Place", "country_code", place),
    column("Device", "device", known),
    column("Source", "source", source),
    column("Language", "language", known),
    column("Rating", "rating", word),
    column("Escalated", "escalated", escalated),
    column("Messages", "messages", amount, true),
    column("Actions", "actions", amount, true),
  ],
  messages: [column("Time", "occurred_at", time), column("From", "sender", word), column("Message", "content", message)],
  actions: [column("Time", "occurred_at", time), column("Action", "action_name"), column("Duration", "seconds", seconds, true), column("", "failed", failure)],
  exchanges: [column("Asked", "asked_at", time), column("Answered", "answered_at", time), column("State", "state", word), column("Response time", "seconds", seconds, true), column("From the last message", "seconds_from_last_message", seconds, true)],
  sessions: [column("Started", "started_at", time), column("Last activity", "last_activity_at", time), column("State", "state", word), column("Duration", "seconds", seconds, true), column("Activities", "activities", amount, true)],
  customers: [column("Customer", "customer"), column("First message ever", "first_message_at", time), column("", "new", fresh), column("Conversations", "conversations", amount, true)],
};

export function drawRows(shown: Shown, { page }: OpenPage): TemplateResult {
  const columns = COLUMNS[page?.list ?? ""] ?? [];
  if (!page?.rows.length) return html`<p class="faint">None.</p>`;
  return html`<table class="list" data-list=${page.list}>
    <thead><tr>${columns.map(({ title, number }) => html`<th scope="col" class=${number ? "number" : ""}>${title}</th>`)}<th><span class="sr">Open</span></th></tr></thead>
    <tbody>${page.rows.map((item) => row(shown, columns, item, page.window.time_zone))}</tbody>
  </table>`;
}

function row(shown: Shown, columns: readonly ListColumn[], item: Item, zone: string): TemplateResult {
  const open = () => openItem(shown, item);
  const said = item["conversation_id"] ? `Open the conversation ${visible(String(item["conversation_id"]))}` : `Conversations of ${visible(String(item["customer"]))}`;
  return html`<tr @click=${(event: Event) => (event.target as Element).closest("button") ?? (getSelection()?.toString() ? undefined : open())}>
    ${columns.map(({ name, draw, number }) => html`<td class=${number ? "number" : ""}>${draw(item[name] ?? null, item, zone)}</td>`)}
    <td><button class="quiet row-open" type="button" aria-label=${said} @click=${open}>›</button></td></tr>`;
}

function openItem(shown: Shown, item: Item): void {
  const id = item["conversation_id"];
  if (typeof id === "string") shown.store.choose({ conversation: id });
  else shown.store.choose({ open: { list: "conversations", filters: { customer: String(item["customer"]), basis: "wrote" } } });
}

const NAMES: Readonly<Record<string, (value: string) => string>> = {
  country: names.country,
  language: names.language,
  weekday: (value) => times.weekday(Number(value), "long"),
  hour: (value) => times.hour(Number(value)),
  day: (value) => times.calendarDay(value, "long"),
  escalated: () => "escalated",
  escalation_failed: () => "escalation failed",
  engaged: () => "engaged",
  failed: () => "failed",
  timed: (value) => (value === "true" ? "timed" : "unknown duration"),
  basis: (value) => (value === "wrote" ? "with a message" : value),
  sender: (value) => `from ${value === "end_user" ? "end users" : `the ${value}`}`,
};
/** The place already says them. */
const SILENT = new Set(["latitude", "longitude"]);

export function titleOf(open: OpenList | null): TemplateResult {
  if (!open) return html``;
  const filters = Object.entries(open.filters).filter(([name, value]) => !SILENT.has(name) && value !== "");
  const said = filters.map(([name, value]) => NAMES[name]?.(value) ?? value.replaceAll("_", " "));
  return html`${[names.capitalised(open.list), ...said].map((part, index) => html`${index ? " · " : ""}${named(part)}`)}`;
}

