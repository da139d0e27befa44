// The agent's tools: calls, durations and failures.

import { html, nothing, type TemplateResult } from "lit-html";
import { share } from "../format/numbers";
import { visible } from "../format/visible";
import type { Column, Row } from "../model/types";
import type { Card } from "../view/card";
import { changeBetween, figure, track } from "../view/figures";
import type { Shown } from "../view/shown";
import { more } from "./breakdowns";

const METRIC = "tool_usage";
const SHORT = 10;
const PLAIN = ["conversations", "mean_seconds", "p50_seconds", "p90_seconds", "p95_seconds", "p99_seconds", "timed_calls", "unknown_duration_calls"] as const;

export const tools: Card = {
  metric: METRIC,
  size: "whole",
  isEmpty: (shown) => shown.rows(METRIC).length === 0,
  draw: (shown) => {
    const rows = shown.rows(METRIC);
    const all = shown.has(`all:${METRIC}`) || rows.length <= SHORT + 1;
    const largest = Math.max(1, ...rows.map((row) => shown.number(row, "calls") ?? 0));
    const before = new Map(shown.before(METRIC).map((row) => [row["action_name"], row]));
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Tool usage, table"><table class="tools">
        <thead><tr>${["action_name", "calls", "failed_calls", ...PLAIN].map((name) => heading(shown.column(METRIC, name)))}</tr></thead>
        <tbody>${(all ? rows : rows.slice(0, SHORT)).map((row) => tool(shown, row, before.get(row["action_name"] ?? null), largest))}</tbody>
      </table></div>
      ${rows.length > SHORT + 1 ? more(shown, METRIC, rows.length, all) : nothing}`;
  },
};

function heading(column: Column | undefined): TemplateResult {
  const isCalls = column?.name === "calls";
  return html`<th scope="col" colspan=${isCalls ? 3 : 1} title=${column?.meaning ?? ""} class=${column?.kind === "key" || isCalls ? "" : "number"}>${column?.title}</th>`;
}

function tool(shown: Shown, row: Row, before: Row | undefined, largest: number): TemplateResult {
  const name = visible(String(row["action_name"]));
  const [calls, failed] = [shown.number(row, "calls") ?? 0, shown.number(row, "failed_calls") ?? 0];
  const earlier = before ? shown.number(before, "calls") : 0;
  const { compares } = shown;
  return html`<tr>
    <th scope="row"><bdi>${name}</bdi></th>
    <td class="calls">${track(calls / largest, "s1", compares ? (earlier ?? 0) / largest : null)}</td>
    <td class="number">${figure(shown, METRIC, "calls", row, `${name}, calls`)}</td>
    <td class="number">${compares ? changeBetween(calls, earlier, "count", "neither") : nothing}</td>
    <td class="number">${figure(shown, METRIC, "failed_calls", row, `${name}, failed`)}${failed ? html` <span class="failed">${share(failed / calls)}</span>` : nothing}</td>
    ${PLAIN.map((column) => html`<td class="number">${figure(shown, METRIC, column, row, `${name}, ${column}`)}</td>`)}
  </tr>`;
}
