// Opens a list page or a conversation in the panel: follows the URL and loads the data from the API.

import * as api from "../model/api";
import { queryOf } from "../model/links";
import type { OpenList } from "../model/state";
import type { Store } from "../model/store";
import type { Item, ListPage, Transcript, Window } from "../model/types";

export interface OpenPage {
  readonly asked: OpenList;
  readonly page: ListPage | null;
  /** The start cursor of each visited page; the last one is shown. */
  readonly cursors: readonly (string | null)[];
  readonly first: number;
}

export interface OpenConversation {
  readonly id: string;
  readonly transcript: Transcript | null;
}

export interface Open {
  readonly list: OpenPage | null;
  readonly conversation: OpenConversation | null;
  readonly problem: string;
  readonly loading: boolean;
}

const NOTHING: Open = { list: null, conversation: null, problem: "", loading: false };
export const PAGE_ROWS = 50;

export class PanelRouter extends EventTarget {
  open: Open = NOTHING;
  private asking = new AbortController();
  /** The window at opening time, so that the count and the rows match. */
  private window: Window | null = null;
  private key = "";

  constructor(private readonly store: Store) {
    super();
    store.addEventListener("change", () => this.follow());
  }

  private follow(): void {
    const { open, conversation, agent, environment } = this.store.state;
    const window = this.store.dashboard?.window;
    if (!window || window.agent_id !== agent) return;
    const key = open || conversation ? JSON.stringify([open, conversation, agent, environment]) : "";
    if (key === this.key) return;
    this.key = key;
    if (key) void this.show(open, conversation, window);
    else this.set(NOTHING);
  }

  private async show(list: OpenList | null, id: string, window: Window): Promise<void> {
    if (!this.isShown(list)) {
      this.window = window;
      this.set({ ...NOTHING, list: list && { asked: list, page: null, cursors: [], first: 1 } });
    }
    this.set({ conversation: id ? { id, transcript: null } : null });
    if (id) await this.readTranscript(id, window);
    else if (!this.open.list?.page) await this.turnTo([null], 1);
  }

  private isShown(list: OpenList | null): boolean {
    return JSON.stringify(this.open.list?.asked ?? null) === JSON.stringify(list);
  }

  next(): Promise<void> {
    const { list } = this.open;
    if (!list?.page?.next) return Promise.resolve();
    return this.turnTo([...list.cursors, list.page.next], list.first + list.page.rows.length);
  }

  previous(): Promise<void> {
    const { list } = this.open;
    if (!list || list.cursors.length < 2) return Promise.resolve();
    return this.turnTo(list.cursors.slice(0, -1), Math.max(1, list.first - PAGE_ROWS));
  }

  private async turnTo(cursors: readonly (string | null)[], first: number): Promise<void> {
    const asked = this.open.list?.asked;
    const { window } = this;
    if (!asked || !window) return;
    await this.ask(async (signal) => {
      const query = { ...queryOf(window), ...asked.filters, limit: String(PAGE_ROWS), cursor: cursors.at(-1) };
      const page = await api.list(asked.list, query, signal);
      return { list: { asked, page, cursors, first } };
    });
  }

  private readTranscript(id: string, window: Window): Promise<void> {
    return this.ask(async (signal) => {
      const transcript = await api.conversation(this.scopeOf(id, window), signal);
      return { conversation: { id, transcript } };
    });
  }

  /** Append the next events of a long conversation. */
  loadMore(): Promise<void> {
    const { conversation } = this.open;
    const before = conversation?.transcript;
    if (!conversation || !before?.next || !this.window) return Promise.resolve();
    const query = { ...this.scopeOf(conversation.id, this.window), cursor: before.next };
    return this.ask(async (signal) => {
      const more = await api.conversation(query, signal);
      const events: readonly Item[] = [...before.events, ...more.events];
      return { conversation: { id: conversation.id, transcript: { ...more, events } } };
    });
  }

  private scopeOf(id: string, window: Window): Record<string, string> {
    return { agent_id: window.agent_id, environment: window.environment, conversation_id: id };
  }

  private async ask(question: (signal: AbortSignal) => Promise<Partial<Open>>): Promise<void> {
    this.asking.abort();
    const asking = new AbortController();
    this.asking = asking;
    this.set({ loading: true, problem: "" });
    try {
      const answer = await question(asking.signal);
      if (asking === this.asking) this.set({ ...answer, loading: false });
    } catch (error) {
      if (asking !== this.asking) return;
      if (!(error instanceof api.ApiError)) throw error;
      this.set({ loading: false, problem: error.message });
    }
  }

  /** Repeat the failed request. */
  retry(): Promise<void> {
    const { list, conversation } = this.open;
    if (conversation && this.window) return this.readTranscript(conversation.id, this.window);
    return this.turnTo(list?.cursors.length ? list.cursors : [null], list?.first ?? 1);
  }

  private set(change: Partial<Open>): void {
    this.open = { ...this.open, ...change };
    this.dispatchEvent(new Event("change"));
  }
}
