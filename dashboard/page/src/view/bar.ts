// The bar of choices: whose numbers, from when to when, by which clock, compared or not, live or not.

import { html, type TemplateResult } from "lit-html";
import { isZone } from "../model/state";
import type { Agent } from "../model/types";
import * as icons from "./icons";
import { drawRange } from "./range";
import type { Shown } from "./shown";

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

export function drawBar(shown: Shown): TemplateResult {
  return html`<header class="bar">
    <h1>${icons.logo}<span>Convostream</span></h1>
    <div class="choices">
      ${agents(shown)} ${environments(shown)} ${drawRange(shown)} ${zone(shown)} ${compare(shown)} ${live(shown)}
    </div>
    <div class="tail">${theme(shown)}</div>
  </header>`;
}

function known(shown: Shown): readonly Agent[] {
  return shown.store.agents ?? [];
}

function withChosen(names: readonly string[], chosen: string): readonly string[] {
  return [...new Set(chosen ? [...names, chosen] : names)];
}

function select(id: string, title: string, names: readonly string[], chosen: string, choose: (name: string) => void): TemplateResult {
  return html`<label class="choice-field"><span>${title}</span>
    <select id=${id} @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
      ${names.map((name) => html`<option value=${name} .selected=${name === chosen}>${name}</option>`)}
    </select></label>`;
}

function agents(shown: Shown): TemplateResult {
  const { agent } = shown.store.state;
  const names = withChosen(known(shown).map(({ agent_id }) => agent_id), agent);
  return select("agent", "Agent", names, agent, (name) => {
    const [first] = known(shown).filter(({ agent_id }) => agent_id === name);
    shown.store.choose({ agent: name, environment: first?.environment ?? "production", country: "", language: "" });
  });
}

function environments(shown: Shown): TemplateResult {
  const { agent } = shown.store.state;
  const environment = shown.store.state.environment || "production";
  const names = withChosen(known(shown).filter(({ agent_id }) => agent_id === agent).map((one) => one.environment), environment);
  return select("environment", "Environment", names, environment, (name) => shown.store.choose({ environment: name }));
}

function zone(shown: Shown): TemplateResult {
  return html`<label class="choice-field"><span>Time zone</span>
    <input id="zone" list="zones" autocomplete="off" spellcheck="false" .value=${shown.store.state.zone}
      @focus=${(event: Event) => (event.target as HTMLInputElement).select()} @change=${(event: Event) => chooseZone(shown, event.target as HTMLInputElement)}>
    <datalist id="zones">${ZONES.map((name) => html`<option value=${name}></option>`)}</datalist></label>`;
}

function chooseZone(shown: Shown, input: HTMLInputElement): void {
  const name = input.value.trim();
  input.setCustomValidity(isZone(name) ? "" : "No time zone has this name; one is Europe/Zagreb");
  if (input.reportValidity()) shown.store.choose({ zone: name });
}

function toggle(id: string, title: string, on: boolean, choose: (on: boolean) => void, hint: string): TemplateResult {
  return html`<label class="toggle" title=${hint}><input id=${id} type="checkbox" role="switch" .checked=${on}
    @change=${(event: Event) => choose((event.target as HTMLInputElement).checked)}><span class="knob" aria-hidden="true"></span><span>${title}</span></label>`;
}

function compare(shown: Shown): TemplateResult {
  const choose = (on: boolean) => shown.store.choose({ compare: on });
  return toggle("compare", "Compare", shown.store.state.compare, choose, "With the period of equal length before");
}

function live(shown: Shown): TemplateResult {
  const choose = (on: boolean) => shown.store.choose({ live: on });
  return toggle("live", "Live", shown.store.state.live, choose, "Follow what arrives");
}

function isDark(): boolean {
  return document.documentElement.dataset["theme"] === "dark";
}

function theme(shown: Shown): TemplateResult {
  const next = isDark() ? "light" : "dark";
  const choose = () => {
    document.documentElement.dataset["theme"] = next;
    localStorage.setItem("theme", next);
    shown.recoloured();
  };
  return html`<button id="theme" class="quiet" type="button" aria-label="Use ${next} colours" title="Use ${next} colours" @click=${choose}>${isDark() ? icons.light : icons.dark}</button>`;
}
