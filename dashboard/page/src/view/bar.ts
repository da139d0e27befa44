// The filter bar: agent, environment, range, time zone, comparison and live mode.

import { html, nothing, type TemplateResult } from "lit-html";
import { visible } from "../format/visible";
import { isZone } from "../model/state";
import { drawAgentPicker } from "./agent_picker";
import * as icons from "./icons";
import { drawRange } from "./range";
import type { Shown } from "./shown";

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

export function drawBar(shown: Shown): TemplateResult {
  return html`<header class="bar">
    <h1>${icons.logo}<span>Convostream</span></h1>
    <div class="choices">
      ${drawAgentPicker(shown)} ${environments(shown)} ${drawRange(shown)} ${zone(shown)} ${compare(shown)} ${live(shown)}
    </div>
    <div class="tail">${shown.store.isLoggedIn ? logOut(shown) : nothing}${theme(shown)}</div>
  </header>`;
}

function withChosen(names: readonly string[], chosen: string): readonly string[] {
  return [...new Set(chosen ? [...names, chosen] : names)];
}

function select(id: string, title: string, names: readonly string[], chosen: string, choose: (name: string) => void): TemplateResult {
  return html`<label class="choice-field"><span>${title}</span>
    <select id=${id} @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
      ${names.map((name) => html`<option value=${name} .selected=${name === chosen}>${visible(name)}</option>`)}
    </select></label>`;
}

function environments(shown: Shown): TemplateResult {
  const { agent } = shown.store.state;
  const environment = shown.store.state.environment || "production";
  const known = shown.store.environments?.filter(({ agent_id }) => agent_id === agent) ?? [];
  const names = withChosen(known.map((one) => one.environment), environment);
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
  input.setCustomValidity(isZone(name) ? "" : "Unknown time zone. Example: Europe/Zagreb");
  if (input.reportValidity()) shown.store.choose({ zone: name });
}

function toggle(id: string, title: string, on: boolean, choose: (on: boolean) => void, hint: string): TemplateResult {
  return html`<label class="toggle" title=${hint}><input id=${id} type="checkbox" role="switch" .checked=${on}
    @change=${(event: Event) => choose((event.target as HTMLInputElement).checked)}><span class="knob" aria-hidden="true"></span><span>${title}</span></label>`;
}

function compare(shown: Shown): TemplateResult {
  const choose = (on: boolean) => shown.store.choose({ compare: on });
  return toggle("compare", "Compare", shown.store.state.compare, choose, "Compare with the previous period of the same length");
}

function live(shown: Shown): TemplateResult {
  const choose = (on: boolean) => shown.store.choose({ live: on });
  return toggle("live", "Live", shown.store.state.live, choose, "Update when new events arrive");
}

function logOut(shown: Shown): TemplateResult {
  return html`<button id="log-out" class="quiet" type="button" aria-label="Log out" title="Log out" @click=${() => void shown.store.logOut()}>${icons.leave}</button>`;
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
