// What the views draw from: the store, what is open beside the page, and small choices that no address keeps.

import type { Open, OpenThings } from "../panel/open_things";
import type { AgentSearch } from "../model/agent_search";
import { rowsOf } from "../model/links";
import type { Store } from "../model/store";
import type { Column, Metric, Row, Value } from "../model/types";

export class Shown extends EventTarget {
  private readonly chosen = new Set<string>();
  /** Changes with the colours, so that charts are drawn anew. */
  colours = 0;

  constructor(
    readonly store: Store,
    private readonly openThings: OpenThings,
    readonly agents: AgentSearch,
  ) {
    super();
    agents.addEventListener("change", () => this.changed());
    store.addEventListener("change", () => this.changed());
    openThings.addEventListener("change", () => this.changed());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recoloured());
  }

  get open(): Open {
    return this.openThings.open;
  }

  get things(): OpenThings {
    return this.openThings;
  }

  rows(metric: string): readonly Row[] {
    return rowsOf(this.store.dashboard, metric, "rows");
  }

  before(metric: string): readonly Row[] {
    return rowsOf(this.store.dashboard, metric, "previous");
  }

  /** Whether the period before was asked for and holds anything that a number could be compared with. */
  get compares(): boolean {
    const [messages, conversations, visits] = ["total_messages", "total_conversations", "unique_interactions"].map((name) => this.before(name)[0]);
    return Boolean(messages?.["messages"] || conversations?.["active_conversations"] || visits?.["visited_conversations"]);
  }

  row(metric: string): Row {
    return this.rows(metric)[0] ?? {};
  }

  metric(name: string): Metric | undefined {
    return this.store.metric(name);
  }

  column(metric: string, name: string): Column | undefined {
    return this.metric(metric)?.columns.find((column) => column.name === name);
  }

  /** A number of a row; null when there is none. */
  number(row: Row | undefined, column: string): number | null {
    const value: Value | undefined = row?.[column];
    return typeof value === "number" ? value : null;
  }

  has(choice: string): boolean {
    return this.chosen.has(choice);
  }

  toggle(choice: string): void {
    if (!this.chosen.delete(choice)) this.chosen.add(choice);
    this.changed();
  }

  drop(choice: string): void {
    if (this.chosen.delete(choice)) this.changed();
  }

  recoloured(): void {
    this.colours += 1;
    this.changed();
  }

  /** After each drawing: what a template cannot say. */
  drawn(): void {
    this.dispatchEvent(new Event("drawn"));
  }

  changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}
