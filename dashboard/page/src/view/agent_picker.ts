// The agent picker: a search field with a list of matches, for pointer and keyboard.

import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { named, visible } from "../format/visible";
import type { AgentSearch, FoundAgent } from "../model/agent_search";
import type { Shown } from "./shown";

export function drawAgentPicker(shown: Shown): TemplateResult {
  const { agents: search } = shown;
  const { agent } = shown.store.state;
  const active = search.isOpen && search.active >= 0 ? optionId(search.active) : nothing;
  return html`<div class="choice-field picker"><span id="agent-label">Agent</span>
    <input id="agent" role="combobox" autocomplete="off" spellcheck="false" dir="auto" maxlength="200" aria-labelledby="agent-label"
      aria-autocomplete="list" aria-controls="agent-options" aria-expanded=${search.isOpen} aria-activedescendant=${active}
      title=${visible(agent)} placeholder=${visible(agent)} .value=${live(search.isOpen ? search.text : visible(agent))}
      @click=${() => search.open()} @input=${(event: Event) => search.type((event.target as HTMLInputElement).value)}
      @keydown=${(event: KeyboardEvent) => pressed(shown, event)} @blur=${() => search.close()}>
    <div class="picker-list" ?hidden=${!search.isOpen}>
      <ul id="agent-options" role="listbox" aria-labelledby="agent-label">${search.found.map((found, index) => option(shown, found, index))}</ul>
      <p class="faint" role="status">${status(search)}</p>
    </div></div>`;
}

function optionId(index: number): string {
  return `agent-option-${index}`;
}

/** The pointer must not take the focus from the field: leaving it closes the list. */
function option(shown: Shown, found: FoundAgent, index: number): TemplateResult {
  return html`<li id=${optionId(index)} role="option" aria-selected=${index === shown.agents.active} data-agent=${found.name}
    @pointerdown=${(event: Event) => event.preventDefault()} @click=${() => choose(shown, found)}>${named(found.name)}</li>`;
}

function status(search: AgentSearch): string {
  if (search.problem) return search.problem;
  if (search.isAsking && !search.found.length) return "Searching…";
  if (!search.found.length) return "No matching agent.";
  return search.isMore ? "More agents match. Type more of the name." : "";
}

function choose(shown: Shown, { name, environment }: FoundAgent): void {
  shown.agents.close();
  shown.store.choose({ agent: name, environment, country: "", language: "" });
  // Typing replaces the selected name.
  requestAnimationFrame(() => requestAnimationFrame(() => (document.getElementById("agent") as HTMLInputElement | null)?.select()));
}

function pressed(shown: Shown, event: KeyboardEvent): void {
  const { agents: search } = shown;
  const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
  const found = search.found[search.active];
  if (steps[event.key]) search.move(steps[event.key] ?? 0);
  else if (event.key === "Enter" && search.isOpen && found) choose(shown, found);
  else if (event.key === "Escape" && search.isOpen) search.close();
  else return;
  event.preventDefault();
}
