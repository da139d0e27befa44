// Holds the data of the page. Reloads it when a choice changes, when new events arrive and after a failure, and
// notifies the views after each change.

import * as api from "./api";
import { fromSearch, PANEL_CLOSED, rangeOf, toSearch, type State } from "./state";
import type { Agent, Dashboard, Ingestion, Metric } from "./types";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
const NO_EVENTS_YET_MS = 5_000;
/** The agent's own data is cached: the query scans all its events. */
const AGENT_KEPT_MS = 60_000;
const MOST_ENVIRONMENTS = "500";
/** Interval of the check that events are still written. */
const INGESTION_MS = 60_000;
const SCOPE_OF_NUMBERS = ["agent", "environment", "preset", "since", "until", "zone", "compare"] as const;

export class Store extends EventTarget {
  state: State = fromSearch(location.search);
  catalogue: ReadonlyMap<string, Metric> = new Map();
  /** The environments of the selected agent; null until they are loaded. */
  environments: readonly Agent[] | null = null;
  /** Whether there are no events at all. */
  isNew = false;
  isLoggedIn = false;
  dashboard: Dashboard | null = null;
  loadedAt: Date | null = null;
  loading = false;
  ingestion: Ingestion | null = null;
  /** Why the numbers are not current; null when they are. */
  problem: api.ApiError | null = null;

  private environmentsAt = 0;
  private environmentsOf = "";
  private asking: AbortController | null = null;
  private pauseMs = FIRST_PAUSE_MS;
  private timer = 0;

  constructor() {
    super();
    addEventListener("popstate", () => this.follow(fromSearch(location.search)));
    void this.loadIngestion();
    setInterval(() => void this.loadIngestion(), INGESTION_MS);
  }

  /** Change the state; `step` says whether the browser's Back button undoes it. */
  choose(change: Partial<State>, step: "push" | "replace" = "push"): void {
    const next = { ...this.state, ...change };
    const search = toSearch(next);
    if (search !== toSearch(this.state)) history[`${step}State`](null, "", search ? `?${search}` : location.pathname);
    this.follow(next);
  }

  closePanel(): void {
    this.choose(PANEL_CLOSED);
  }

  metric(name: string): Metric | undefined {
    return this.catalogue.get(name);
  }

  /** Load everything that the page shows. */
  async reload(): Promise<void> {
    clearTimeout(this.timer);
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    this.set({ loading: true });
    try {
      await this.load(asking.signal);
      if (asking === this.asking) this.succeeded();
    } catch (error) {
      if (asking === this.asking) this.failed(error);
    }
  }

  private follow(next: State): void {
    const asks = SCOPE_OF_NUMBERS.some((name) => next[name] !== this.state[name]);
    this.state = next;
    this.changed();
    if (asks) void this.reload();
  }

  private async load(signal: AbortSignal): Promise<void> {
    const catalogue = Promise.all([this.loadCatalogue(), this.loadSession()]);
    if (!this.state.agent) await Promise.all([this.chooseBusiest(), catalogue]);
    if (!this.state.agent) return;
    const [dashboard] = await Promise.all([api.dashboard(this.query(), signal), this.loadEnvironments(), catalogue]);
    if (!signal.aborted) this.dashboard = dashboard;
  }

  private query(): api.Query {
    const { agent, environment, zone, compare } = this.state;
    const range = rangeOf(this.state);
    const scope = { agent_id: agent, environment: environment || "production", time_zone: zone };
    return { ...scope, ...range, compare: compare ? "previous" : null };
  }

  private async loadCatalogue(): Promise<void> {
    if (this.catalogue.size) return;
    const metrics = await api.catalogue();
    this.catalogue = new Map(metrics.map((metric) => [metric.name, metric]));
  }

  /** Ignores failures: the request for the numbers reports them. */
  private async loadIngestion(): Promise<void> {
    this.ingestion = await api.ingestion().catch(() => null);
    this.changed();
  }

  private async loadSession(): Promise<void> {
    if (!this.isLoggedIn) this.isLoggedIn = await api.isLoggedIn();
  }

  private async chooseBusiest(): Promise<void> {
    const busiest = await api.busiest();
    this.isNew = busiest === null;
    if (this.state.agent || !busiest) return;
    this.state = { ...this.state, agent: busiest.agent_id, environment: busiest.environment };
    history.replaceState(null, "", `?${toSearch(this.state)}`);
  }

  private async loadEnvironments(): Promise<void> {
    const { agent } = this.state;
    const isKnown = this.environmentsOf === agent && this.environments?.length;
    if (isKnown && Date.now() - this.environmentsAt < AGENT_KEPT_MS) return;
    const page = await api.agents({ agent_id: agent, limit: MOST_ENVIRONMENTS });
    if (agent !== this.state.agent) return;
    [this.environments, this.environmentsOf, this.environmentsAt] = [page.agents, agent, Date.now()];
  }

  /** End the session and show the login form. */
  async logOut(): Promise<void> {
    await api.logOut();
    location.assign("login");
  }

  private succeeded(): void {
    this.pauseMs = FIRST_PAUSE_MS;
    this.set({ loading: false, problem: null, loadedAt: new Date() });
    if (this.isNew) this.askAgainIn(NO_EVENTS_YET_MS);
  }

  private failed(error: unknown): void {
    if (!(error instanceof api.ApiError)) throw error;
    if (error.needsToken) {
      location.assign("login");
      return;
    }
    this.set({ loading: false, problem: error });
    if (!error.isTemporary) return;
    this.askAgainIn(this.pauseMs);
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
  }

  private askAgainIn(pauseMs: number): void {
    this.timer = window.setTimeout(() => void this.reload(), pauseMs);
  }

  private set(change: Partial<Pick<Store, "loading" | "problem" | "loadedAt">>): void {
    Object.assign(this, change);
    this.changed();
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}
