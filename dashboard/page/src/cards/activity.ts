// Volume: messages, conversations, users, and visitors who engaged.

import { html, type TemplateResult } from "lit-html";
import type { Card } from "../view/card";
import { figure, headline, line, split, track } from "../view/figures";
import type { Shown } from "../view/shown";

function isZero(metric: string, ...columns: string[]): (shown: Shown) => boolean {
  return (shown) => columns.every((column) => !shown.number(shown.row(metric), column));
}

export const messages: Card = {
  metric: "total_messages",
  size: "quarter",
  isEmpty: isZero("total_messages", "messages"),
  draw: (shown) => html`
    ${headline(shown, "total_messages", "messages")}
    ${split(shown, "total_messages", [
      { column: "end_user_messages", swatch: "s1" },
      { column: "agent_messages", swatch: "s2" },
    ])}
    <dl class="lines">
      ${line(shown, "total_messages", "end_user_messages", { swatch: "s1" })}
      ${line(shown, "total_messages", "agent_messages", { swatch: "s2" })}
    </dl>`,
};

export const conversations: Card = {
  metric: "total_conversations",
  size: "quarter",
  isEmpty: isZero("total_conversations", "conversations", "active_conversations", "sessions"),
  draw: (shown) => html`
    ${headline(shown, "total_conversations", "conversations")}
    <dl class="lines">
      ${line(shown, "total_conversations", "active_conversations")}
      ${line(shown, "total_conversations", "sessions", { title: "Sessions started" })}
    </dl>`,
};

export const users: Card = {
  metric: "individual_users",
  size: "quarter",
  isEmpty: isZero("individual_users", "users", "anonymous_conversations"),
  draw: (shown) => html`
    ${headline(shown, "individual_users", "users")}
    ${split(shown, "individual_users", [
      { column: "new_users", swatch: "s1" },
      { column: "returning_users", swatch: "s2" },
    ])}
    <dl class="lines">
      ${line(shown, "individual_users", "new_users", { swatch: "s1" })}
      ${line(shown, "individual_users", "returning_users", { swatch: "s2" })}
    </dl>`,
};

const FUNNEL = "unique_interactions";

function step(shown: Shown, title: string, column: string, part: number | null, swatch: string): TemplateResult {
  return html`<li><span>${title}</span>${track(part, swatch)}<span>${figure(shown, FUNNEL, column)}</span></li>`;
}

export const interactions: Card = {
  metric: FUNNEL,
  size: "quarter",
  isEmpty: isZero(FUNNEL, "visited_conversations"),
  draw: (shown) => html`
    ${headline(shown, FUNNEL, "rate", "more", "of visitors engaged")}
    <ol class="funnel">
      ${step(shown, "Visited", "visited_conversations", 1, "s4")}
      ${step(shown, "Engaged", "interactions", shown.number(shown.row(FUNNEL), "rate"), "s1")}
    </ol>`,
};
