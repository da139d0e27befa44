// The API's responses (docs/api.md), as far as the page reads them.

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;
export type Kind = "count" | "duration" | "share" | "key" | "coordinate";
export type ListName = "conversations" | "messages" | "actions" | "exchanges" | "sessions" | "customers";

export interface Link {
  readonly list: ListName;
  readonly filters: Readonly<Record<string, string>>;
  readonly from_row: Readonly<Record<string, string>>;
}

export interface Column {
  readonly name: string;
  readonly title: string;
  readonly kind: Kind;
  readonly unit: string;
  readonly meaning: string;
  readonly link: Link | null;
}

export interface Metric {
  readonly name: string;
  readonly title: string;
  readonly form: "totals" | "breakdown" | "matrix" | "days";
  readonly definition: string;
  readonly drill_down_of: string | null;
  readonly columns: readonly Column[];
  readonly left_out: readonly { readonly what: string; readonly column: string | null }[];
  readonly filled_by: readonly { readonly argument: string; readonly example: string }[];
}

export interface Window {
  readonly agent_id: string;
  readonly environment: string;
  readonly since: string;
  readonly until: string;
  readonly time_zone: string;
}

export interface Rows {
  readonly rows: readonly Row[];
  readonly previous: readonly Row[] | null;
}

export interface Dashboard {
  readonly window: Window;
  readonly previous_window: Window | null;
  readonly metrics: Readonly<Record<string, Rows>>;
}

export interface Agent {
  readonly agent_id: string;
  readonly environment: string;
  readonly events: number;
  readonly first_event_at: string;
  readonly last_event_at: string;
  readonly last_received_at: string;
}

export interface AgentPage {
  readonly agents: readonly Agent[];
  readonly next: string | null;
}

export interface Scope {
  readonly agent_id: string;
  readonly environment: string;
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type Item = { readonly [name: string]: Json };

export interface ListPage {
  readonly list: ListName;
  readonly window: Window;
  readonly total: number;
  readonly rows: readonly Item[];
  readonly next: string | null;
}

export interface Transcript {
  readonly conversation: Item;
  readonly sessions: readonly Item[];
  readonly exchanges: readonly Item[];
  readonly events: readonly Item[];
  readonly next: string | null;
}

export interface Ingestion {
  readonly now: string;
  readonly minutes: readonly { readonly minute: string; readonly events: number }[];
  readonly last_event: { readonly received_at: string; readonly occurred_at: string } | null;
  readonly partitions: readonly {
    readonly partition: number;
    readonly delay_seconds: number | null;
    readonly waiting_seconds: number;
    readonly is_blocked: boolean;
  }[];
  readonly dead_letters: readonly {
    readonly reason_code: string;
    readonly count: number;
    readonly last_hour: number;
    readonly last_at: string;
  }[];
}

export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}
