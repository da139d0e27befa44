// The whole page: the filter bar, the notes, the groups of cards, the footer and the panel.

import { html, nothing, type TemplateResult } from "lit-html";
import * as activity from "../cards/activity";
import { devices, languages, sources } from "../cards/breakdowns";
import { daily } from "../cards/daily";
import { peakHours } from "../cards/peak_hours";
import * as service from "../cards/service";
import { tools } from "../cards/tools";
import { world } from "../cards/world";
import { drawPanel } from "../panel/panel";
import { drawAbout } from "./about";
import { drawBar } from "./bar";
import { drawCard, type Card } from "./card";
import { drawFooter } from "./footer";
import { drawNotes } from "./notes";
import type { Shown } from "./shown";

const GROUPS: readonly (readonly [title: string, cards: readonly Card[]])[] = [
  ["Activity", [activity.messages, activity.conversations, activity.users, activity.interactions, daily, peakHours]],
  ["Service", [service.responseTime, service.conversationDuration, service.escalation, service.feedback]],
  ["Audience", [world, devices, sources, languages]],
  ["Tools", [tools]],
];

export function drawPage(shown: Shown): TemplateResult {
  return html`
    <a class="skip" href="#numbers">Skip to content</a>
    ${drawBar(shown)}
    <main id="numbers" tabindex="-1" aria-busy=${shown.store.loading ? "true" : "false"} class=${shown.store.loading && shown.store.dashboard ? "refreshing" : ""}>
      ${drawNotes(shown)}
      ${shown.store.isNew && !shown.store.state.agent ? nothing : GROUPS.map(([title, cards]) => group(shown, title, cards))}
    </main>
    ${drawFooter(shown)} ${drawAbout(shown)} ${drawPanel(shown)}`;
}

function group(shown: Shown, title: string, cards: readonly Card[]): TemplateResult {
  const id = `group-${title.toLowerCase()}`;
  return html`<section class="group" aria-labelledby=${id}>
    <h2 id=${id}>${title}</h2>
    <div class="cards">${cards.map((card) => drawCard(shown, card))}</div>
  </section>`;
}
