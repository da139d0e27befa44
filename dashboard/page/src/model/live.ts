// Live mode: the server announces new events, and the page reloads its numbers at a limited rate.

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

  /** Reconnect after a refusal: browsers reconnect by themselves only after a broken connection. */
  private lost(scope: string): void {
    if (this.source?.readyState !== EventSource.CLOSED) return;
    setTimeout(() => {
      if (this.scope === scope && this.source?.readyState === EventSource.CLOSED) this.open(scope);
    }, REFUSED_PAUSE_MS);
  }

  /** The first message gives the current version; a different one means new events. */
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
