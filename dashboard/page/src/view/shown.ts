// State for the views: the store, the open panel, and choices that the URL does not keep.

import type { Open, PanelRouter } from "../panel/panel_router";
import type { AgentSearch } from "../model/agent_search";
import { rowsOf } from "../model/links";
import type { Store } from "../model/store";
import type { Column, Metric, Row, Value } from "../model/types";

export class Shown extends EventTarget {
  private readonly chosen = new Set<string>();
  /** Increases with each change of colours, so that charts are drawn again. */
  colours = 0;

  constructor(
    readonly store: Store,
    readonly router: PanelRouter,
    readonly agents: AgentSearch,
  ) {
    super();
    agents.addEventListener("change", () => this.changed());
    store.addEventListener("change", () => this.changed());
    router.addEventListener("change", () => this.changed());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recoloured());
  }

  get open(): Open {
    return this.router.open;
  }

  rows(metric: string): readonly Row[] {
    return rowsOf(this.store.dashboard, metric, "rows");
  }

  before(metric: string): readonly Row[] {
    return rowsOf(this.store.dashboard, metric, "previous");
  }

  /** Whether the previous period was requested and has data to compare with. */
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

  /** Notify listeners that the page was rendered. */
  drawn(): void {
    this.dispatchEvent(new Event("drawn"));
  }

  changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}
