// The lines above the numbers: which window they are of, what is wrong, what to do when there is nothing.

import { html, nothing, type TemplateResult } from "lit-html";
import * as numbers from "../format/numbers";
import * as times from "../format/times";
import { named } from "../format/visible";
import type { Agent } from "../model/types";
import type { Shown } from "./shown";

const DAY_MS = 86_400_000;

export function drawNotes(shown: Shown): TemplateResult {
  return html`${windowLine(shown)} ${problem(shown)} ${blocked(shown)} ${nobody(shown)} ${nothingHere(shown)}`;
}

function windowLine(shown: Shown): TemplateResult {
  const { dashboard, state, loadedAt } = shown.store;
  if (!dashboard) return html`<p class="window-line" role="status">${shown.store.loading ? "Loading the numbers …" : ""}</p>`;
  const { window, previous_window: before } = dashboard;
  const earlier = before ? times.range(before.since, before.until, window.time_zone) : "";
  const compared = earlier ? ` · ${shown.compares ? `compared with ${earlier}` : `the period before holds nothing to compare with (${earlier})`}` : "";
  const live = state.live ? html`<span class="live"><i aria-hidden="true"></i>live</span> ` : nothing;
  return html`<p class="window-line"><strong>${times.range(window.since, window.until, window.time_zone)}</strong> <span>${window.time_zone}${compared}</span>
    <span class="as-of">${live}as of ${loadedAt ? times.clock(loadedAt.toISOString(), window.time_zone) : ""}</span></p>`;
}

function problem(shown: Shown): TemplateResult {
  const { problem: trouble, loadedAt, dashboard, state } = shown.store;
  if (!trouble) return html`<div role="alert" class="no-note"></div>`;
  const old = dashboard && loadedAt ? ` These numbers are from ${times.clock(loadedAt.toISOString(), state.zone)}.` : "";
  const again = trouble.passes ? " Trying again." : "";
  return html`<div role="alert" class="note wrong"><p><strong>${named(trouble.message)}</strong>${old}${again}</p>
    <button type="button" @click=${() => void shown.store.reload()}>Try now</button></div>`;
}

/** Events wait because ClickHouse refuses them, or because nobody writes them. */
function blocked(shown: Shown): TemplateResult | typeof nothing {
  const waiting = shown.store.ingestion?.partitions.filter((one) => one.is_blocked) ?? [];
  if (!waiting.length) return nothing;
  const which = `${waiting.length === 1 ? "Partition" : "Partitions"} ${waiting.map((one) => one.partition).join(", ")}`;
  const longest = numbers.duration(Math.max(...waiting.map((one) => one.waiting_seconds)));
  return html`<div role="alert" class="note wrong"><p><strong>Events are not being written.</strong>
    ${which} of the topic: nothing has been written for ${longest}. The workers' logs say why.</p></div>`;
}

/** Before the first event of anybody. */
function nobody(shown: Shown): TemplateResult | typeof nothing {
  if (!shown.store.isNew || shown.store.state.agent) return nothing;
  return html`<section class="welcome"><h2>No events yet</h2>
    <p>This page fills itself as soon as an agent says something. From Python:</p>
    <pre tabindex="0">${FIRST_STEPS}</pre>
    <p>Or look at real transcripts of support desks: <code>make demo</code>.</p></section>`;
}

const FIRST_STEPS = `from convostream import ConversationTracker

with ConversationTracker(agent_id="support") as tracker:
    conversation = tracker.get_or_create_conversation("c-1842")
    conversation.track_human_message("Where is my order?")
    conversation.track_agent_message("It is on its way.")`;

/** When the range holds nothing, the way to what there is. */
function nothingHere(shown: Shown): TemplateResult | typeof nothing {
  const { dashboard, environments, state } = shown.store;
  if (!dashboard || !environments || state.agent !== dashboard.window.agent_id) return nothing;
  const agent = environments.find((one) => one.agent_id === state.agent && one.environment === dashboard.window.environment);
  if (!agent) return html`<div class="note" role="status"><p>Nobody has sent events of <strong>${named(state.agent)}</strong> in <strong>${named(dashboard.window.environment)}</strong>.</p></div>`;
  const isEmpty = !shown.row("total_messages")["messages"] && !shown.row("total_conversations")["active_conversations"];
  return isEmpty ? elsewhere(shown, agent) : nothing;
}

function elsewhere(shown: Shown, agent: Agent): TemplateResult {
  const { zone } = shown.store.state;
  const show = () => shown.store.choose({ preset: "custom", since: agent.first_event_at, until: new Date(Date.parse(agent.last_event_at) + DAY_MS).toISOString() });
  return html`<div class="note" role="status"><p>Nobody spoke in this range. ${numbers.count(agent.events)} events lie between ${times.range(agent.first_event_at, agent.last_event_at, zone)}.</p>
    <button type="button" @click=${show}>Show them</button></div>`;
}
