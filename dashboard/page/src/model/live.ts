// Live mode: the server says when something new arrived, and the page asks for its numbers again, not too often.

import { address } from "./api";
import type { Store } from "./store";

const SHORTEST_PAUSE_MS = 4_000;
const REFUSED_PAUSE_MS = 15_000;

export class Live {
  private source: EventSource | null = null;
  private scope = "";
  private known = "";
  private timer = 0;

  constructor(private readonly store: Store) {
    store.addEventListener("change", () => this.follow());
  }

  private follow(): void {
    const { live, agent, environment } = this.store.state;
    const scope = live && agent ? address("live", { agent_id: agent, environment: environment || "production" }) : "";
    if (scope === this.scope) return;
    this.close();
    this.scope = scope;
    if (scope) this.open(scope);
  }

  private open(scope: string): void {
    this.source = new EventSource(scope);
    this.source.addEventListener("change", (event) => this.heard(event.data as string));
    this.source.addEventListener("problem", () => void this.store.reload());
    this.source.addEventListener("error", () => this.lost(scope));
  }

  /** A browser connects again by itself, but not when the server had no place for another stream. */
  private lost(scope: string): void {
    if (this.source?.readyState !== EventSource.CLOSED) return;
    setTimeout(() => {
      if (this.scope === scope && this.source?.readyState === EventSource.CLOSED) this.open(scope);
    }, REFUSED_PAUSE_MS);
  }

  /** The first word only says where things stand; it is news when the page has not asked since. */
  private heard(news: string): void {
    const isNews = this.known !== "" && this.known !== news;
    this.known = news;
    if (!isNews || this.timer) return;
    const wait = SHORTEST_PAUSE_MS - (Date.now() - (this.store.loadedAt?.getTime() ?? 0));
    this.timer = window.setTimeout(() => this.refresh(), Math.max(wait, 0));
  }

  private refresh(): void {
    this.timer = 0;
    void this.store.reload();
  }

  private close(): void {
    this.source?.close();
    this.source = null;
    this.known = "";
    clearTimeout(this.timer);
    this.timer = 0;
  }
}
