// Searches agents while the user types: one request after a short pause; only the newest response counts.

import * as api from "./api";
import type { Agent } from "./types";

const PAUSE_MS = 150;
const SHOWN = 50;

export interface FoundAgent {
  readonly name: string;
  readonly environment: string;
}

export class AgentSearch extends EventTarget {
  isOpen = false;
  text = "";
  found: readonly FoundAgent[] = [];
  /** The option that Enter selects; -1 is none. */
  active = -1;
  isMore = false;
  isAsking = false;
  problem = "";

  private asking = new AbortController();
  private timer = 0;

  open(): void {
    if (this.isOpen) return;
    this.set({ isOpen: true, text: "", active: -1, found: [] });
    void this.ask();
  }

  close(): void {
    clearTimeout(this.timer);
    this.asking.abort();
    if (this.isOpen) this.set({ isOpen: false, isAsking: false, problem: "" });
  }

  type(text: string): void {
    this.set({ isOpen: true, text });
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), PAUSE_MS);
  }

  move(step: number): void {
    const { length } = this.found;
    if (!this.isOpen) this.open();
    else if (length) this.set({ active: this.active < 0 && step < 0 ? length - 1 : (this.active + step + length) % length });
  }

  private async ask(): Promise<void> {
    this.asking.abort();
    const asking = new AbortController();
    this.asking = asking;
    this.set({ isAsking: true, problem: "" });
    try {
      const search = this.text.trim() || null;
      const page = await api.agents({ search, limit: String(SHOWN) }, asking.signal);
      if (asking.signal.aborted) return;
      const found = distinct(page.agents);
      this.set({ isAsking: false, found, isMore: page.next !== null, active: search && found.length ? 0 : -1 });
    } catch (error) {
      if (asking.signal.aborted) return;
      if (!(error instanceof api.ApiError)) throw error;
      this.set({ isAsking: false, found: [], problem: error.message });
    }
  }

  private set(change: Partial<Pick<AgentSearch, "isOpen" | "text" | "found" | "active" | "isMore" | "isAsking" | "problem">>): void {
    Object.assign(this, change);
    this.dispatchEvent(new Event("change"));
  }
}

/** Return one option per agent, preferring its production environment. */
function distinct(agents: readonly Agent[]): readonly FoundAgent[] {
  const environments = new Map<string, string>();
  for (const { agent_id: name, environment } of agents) {
    if (!environments.has(name) || environment === "production") environments.set(name, environment);
  }
  return [...environments].map(([name, environment]) => ({ name, environment }));
}
