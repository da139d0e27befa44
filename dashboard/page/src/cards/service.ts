// Quality of service: response times, durations, escalations and ratings.

import { html, type TemplateResult } from "lit-html";
import type { Card } from "../view/card";
import { change, figure, headline, line, split, track } from "../view/figures";
import type { Shown } from "../view/shown";

const PERCENTILES = ["p50", "p90", "p95", "p99"] as const;

/** The four percentiles as bars; the longest is p99. */
function percentiles(shown: Shown, metric: string): TemplateResult {
  const row = shown.row(metric);
  const longest = shown.number(row, "p99_seconds");
  const bars = PERCENTILES.map((name) => {
    const value = shown.number(row, `${name}_seconds`);
    const part = value !== null && longest ? value / longest : null;
    return html`<div class="percentile"><dt title=${shown.column(metric, `${name}_seconds`)?.meaning ?? ""}>${name}</dt>
      <dd>${track(part, "s1")}${figure(shown, metric, `${name}_seconds`)}${change(shown, metric, `${name}_seconds`, "less")}</dd></div>`;
  });
  return html`<dl class="percentiles">${bars}</dl>`;
}

export const responseTime: Card = {
  metric: "average_response_time",
  size: "quarter",
  isEmpty: (shown) => ["exchanges", "unanswered", "not_measured"].every((name) => !shown.number(shown.row("average_response_time"), name)),
  draw: (shown) => html`
    ${headline(shown, "average_response_time", "mean_seconds", "less", html`n = ${figure(shown, "average_response_time", "exchanges")} exchanges`)}
    ${percentiles(shown, "average_response_time")}
    <dl class="lines">${line(shown, "average_response_time", "mean_from_last_message_seconds", { welcome: "less" })}</dl>`,
};

const DURATION = "average_conversation_duration";

export const conversationDuration: Card = {
  metric: DURATION,
  size: "quarter",
  isEmpty: (shown) => ["sessions", "open_sessions", "single_activity_sessions"].every((name) => !shown.number(shown.row(DURATION), name)),
  draw: (shown) => html`
    ${headline(shown, DURATION, "mean_seconds", "neither", html`n = ${figure(shown, DURATION, "sessions")} sessions`)}
    ${percentiles(shown, DURATION)}
    <dl class="lines">
      ${line(shown, DURATION, "conversation_mean_seconds", { title: "Mean of whole conversations" })}
      ${line(shown, DURATION, "conversations", { title: "Conversations (n)" })}
    </dl>`,
};

const ESCALATION = "human_escalation_rate";

export const escalation: Card = {
  metric: ESCALATION,
  size: "quarter",
  isEmpty: (shown) => !shown.number(shown.row(ESCALATION), "conversations"),
  draw: (shown) => html`
    ${headline(shown, ESCALATION, "rate", "less", "escalated to a person")}
    ${track(shown.number(shown.row(ESCALATION), "rate"), "s3", shown.number(shown.before(ESCALATION)[0], "rate"))}
    <dl class="lines">
      ${line(shown, ESCALATION, "escalated_conversations", { welcome: "less", swatch: "s3" })}
      ${line(shown, ESCALATION, "conversations")}
      ${line(shown, ESCALATION, "failed_escalations", { welcome: "less" })}
    </dl>`,
};

const FEEDBACK = "conversation_feedback";

export const feedback: Card = {
  metric: FEEDBACK,
  size: "quarter",
  isEmpty: (shown) => ["positive", "neutral", "negative", "unrecognised"].every((name) => !shown.number(shown.row(FEEDBACK), name)),
  draw: (shown) => html`
    ${headline(shown, FEEDBACK, "satisfaction", "more", "satisfied")}
    ${split(shown, FEEDBACK, [
      { column: "positive", swatch: "good" },
      { column: "neutral", swatch: "even" },
      { column: "negative", swatch: "bad" },
    ])}
    <dl class="lines">
      ${line(shown, FEEDBACK, "positive", { swatch: "good", welcome: "more" })}
      ${line(shown, FEEDBACK, "neutral", { swatch: "even" })}
      ${line(shown, FEEDBACK, "negative", { swatch: "bad", welcome: "less" })}
      ${line(shown, FEEDBACK, "coverage", { welcome: "more" })}
      ${line(shown, FEEDBACK, "conversations")}
    </dl>`,
};
