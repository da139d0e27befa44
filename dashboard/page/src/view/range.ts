// The range picker: a preset, or a start and an end in the chosen time zone.

import { html, type TemplateResult } from "lit-html";
import { range, wallClock } from "../format/times";
import { visible } from "../format/visible";
import { PRESETS, presetOf } from "../model/presets";
import * as icons from "./icons";
import type { Shown } from "./shown";

export function drawRange(shown: Shown): TemplateResult {
  const { preset } = shown.store.state;
  return html`<div class="choice-field"><span id="range-label">Range</span>
    <details class="drop" id="range" @keydown=${closeOnEscape} @focusout=${closeWhenLeft}>
      <summary aria-labelledby="range-label range-name">${icons.calendar}<span id="range-name">${title(shown)}</span>${icons.down}</summary>
      <div class="drop-body">
        <ul>${PRESETS.map(({ name, title: text }) => html`<li><button type="button" data-range=${name} aria-pressed=${preset === name} @click=${(event: Event) => choose(shown, event, name)}>${text}</button></li>`)}</ul>
        ${custom(shown)}
      </div>
    </details></div>`;
}

function title(shown: Shown): string {
  const { preset, since, until, zone } = shown.store.state;
  const { dashboard } = shown.store;
  if (preset !== "custom") return presetOf(preset)?.title ?? visible(preset);
  return dashboard ? range(dashboard.window.since, dashboard.window.until, zone) : visible(`${since} – ${until}`);
}

function choose(shown: Shown, event: Event, preset: string): void {
  close(event.currentTarget);
  shown.store.choose({ preset, since: "", until: "" });
}

function custom(shown: Shown): TemplateResult {
  const window = shown.store.dashboard?.window;
  const { zone } = shown.store.state;
  const [since, until] = window ? [wallClock(window.since, zone), wallClock(window.until, zone)] : ["", ""];
  return html`<form class="custom" @submit=${(event: SubmitEvent) => submit(shown, event)}>
    <label>From<input type="datetime-local" name="since" required .value=${since}></label>
    <label>Until<input type="datetime-local" name="until" required .value=${until}></label>
    <p class="faint">Times in ${zone}</p>
    <button class="main" type="submit">Show this range</button>
  </form>`;
}

function submit(shown: Shown, event: SubmitEvent): void {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const asked = new FormData(form);
  const [since, until] = [String(asked.get("since")), String(asked.get("until"))];
  const last = form.elements.namedItem("until") as HTMLInputElement;
  last.setCustomValidity(since < until ? "" : "The end must be after the start");
  if (!form.reportValidity()) return;
  close(form);
  shown.store.choose({ preset: "custom", since, until });
}

function close(within: EventTarget | null): void {
  const drop = (within as Element | null)?.closest("details");
  drop?.removeAttribute("open");
  drop?.querySelector("summary")?.focus();
}

function closeOnEscape(event: KeyboardEvent): void {
  if (event.key === "Escape") close(event.currentTarget);
}

function closeWhenLeft(event: FocusEvent): void {
  const drop = event.currentTarget as HTMLElement;
  const to = event.relatedTarget as Node | null;
  if (to && !drop.contains(to)) drop.removeAttribute("open");
}

document.addEventListener("pointerdown", (event) => {
  for (const drop of document.querySelectorAll("details.drop[open]")) {
    if (!drop.contains(event.target as Node)) drop.removeAttribute("open");
  }
});
