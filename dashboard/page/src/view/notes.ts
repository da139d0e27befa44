// The lines above the cards: the time range, problems, and what to do when there is no data.

import { html, nothing, type TemplateResult } from "lit-html";
import * as numbers from "../format/numbers";
import * as times from "../format/times";
import { named } from "../format/visible";
import type { Agent } from "../model/types";
import type { Shown } from "./shown";

const DAY_MS = 86_400_000;

export function drawNotes(shown: Shown): TemplateResult {
  return html`${windowLine(shown)} ${problem(shown)} ${blocked(shown)} ${welcome(shown)} ${emptyRange(shown)}`;
}

function windowLine(shown: Shown): TemplateResult {
  const { dashboard, state, loadedAt } = shown.store;
  if (!dashboard) return html`<p class="window-line" role="status">${shown.store.loading ? "Loading…" : ""}</p>`;
  const { window, previous_window: before } = dashboard;
  const earlier = before ? times.range(before.since, before.until, window.time_zone) : "";
  const compared = earlier ? ` · ${shown.compares ? `compared with ${earlier}` : `no data in the previous period (${earlier})`}` : "";
  const live = state.live ? html`<span class="live"><i aria-hidden="true"></i>live</span> ` : nothing;
  return html`<p class="window-line"><strong>${times.range(window.since, window.until, window.time_zone)}</strong> <span>${window.time_zone}${compared}</span>
    <span class="as-of">${live}as of ${loadedAt ? times.clock(loadedAt.toISOString(), window.time_zone) : ""}</span></p>`;
}

function problem(shown: Shown): TemplateResult {
  const { problem: trouble, loadedAt, dashboard, state } = shown.store;
  if (!trouble) return html`<div role="alert" class="no-note"></div>`;
  const old = dashboard && loadedAt ? ` These numbers are from ${times.clock(loadedAt.toISOString(), state.zone)}.` : "";
  const again = trouble.isTemporary ? " Retrying." : "";
  return html`<div role="alert" class="note wrong"><p><strong>${named(trouble.message)}</strong>${old}${again}</p>
    <button type="button" @click=${() => void shown.store.reload()}>Retry now</button></div>`;
}

/** Warn when events are not written: ClickHouse rejects them, or no worker is running. */
function blocked(shown: Shown): TemplateResult | typeof nothing {
  const waiting = shown.store.ingestion?.partitions.filter((one) => one.is_blocked) ?? [];
  if (!waiting.length) return nothing;
  const which = `${waiting.length === 1 ? "Partition" : "Partitions"} ${waiting.map((one) => one.partition).join(", ")}`;
  const longest = numbers.duration(Math.max(...waiting.map((one) => one.waiting_seconds)));
  return html`<div role="alert" class="note wrong"><p><strong>Events are not being written.</strong>
    ${which}: nothing written for ${longest}. See the worker logs for the cause.</p></div>`;
}

/** Shown before the first event of any agent. */
function welcome(shown: Shown): TemplateResult | typeof nothing {
  if (!shown.store.isNew || shown.store.state.agent) return nothing;
  return html`<section class="welcome"><h2>No events yet</h2>
    <p>Numbers appear here with the first event of an agent. From Python:</p>
    <pre tabindex="0">${FIRST_STEPS}</pre>
    <p>Or load real customer support transcripts with <code>make demo</code>.</p></section>`;
}

const FIRST_STEPS = `from convostream import ConversationTracker

with ConversationTracker(agent_id="support") as tracker:
    conversation = tracker.get_or_create_conversation("c-1842")
    conversation.track_human_message("Where is my order?")
    conversation.track_agent_message("It is on its way.")`;

/** Shown when the range is empty, with a button to the agent's events. */
function emptyRange(shown: Shown): TemplateResult | typeof nothing {
  const { dashboard, environments, state } = shown.store;
  if (!dashboard || !environments || state.agent !== dashboard.window.agent_id) return nothing;
  const agent = environments.find((one) => one.agent_id === state.agent && one.environment === dashboard.window.environment);
  if (!agent) return html`<div class="note" role="status"><p>No events from agent <strong>${named(state.agent)}</strong> in environment <strong>${named(dashboard.window.environment)}</strong>.</p></div>`;
  const isEmpty = !shown.row("total_messages")["messages"] && !shown.row("total_conversations")["active_conversations"];
  return isEmpty ? elsewhere(shown, agent) : nothing;
}

function elsewhere(shown: Shown, agent: Agent): TemplateResult {
  const { zone } = shown.store.state;
  const show = () => shown.store.choose({ preset: "custom", since: agent.first_event_at, until: new Date(Date.parse(agent.last_event_at) + DAY_MS).toISOString() });
  return html`<div class="note" role="status"><p>No activity in this range. The agent's ${numbers.count(agent.events)} events are from ${times.range(agent.first_event_at, agent.last_event_at, zone)}.</p>
    <button type="button" @click=${show}>Show them</button></div>`;
}
