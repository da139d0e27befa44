// Links from a number to the list behind it and to its CSV file.

import { address } from "./api";
import type { OpenList } from "./state";
import type { Column, Dashboard, Row, Window } from "./types";

export function rowsOf(dashboard: Dashboard | null, metric: string, period: "rows" | "previous"): readonly Row[] {
  return dashboard?.metrics[metric]?.[period] ?? [];
}

/** Return the list behind a count of one row; without a row, of all rows. */
export function listBehind(column: Column, row: Row | null): OpenList | null {
  if (!column.link) return null;
  const { list, filters, from_row: fromRow } = column.link;
  const named = row ? Object.entries(fromRow).map(([name, from]) => [name, String(row[from] ?? "unknown")]) : [];
  return { list, filters: { ...filters, ...Object.fromEntries(named) } };
}

export function queryOf(window: Window): Record<string, string> {
  const { agent_id, environment, since, until, time_zone } = window;
  return { agent_id, environment, since, until, time_zone };
}

export function csvAddress(metric: string, dashboard: Dashboard): string {
  const compare = dashboard.previous_window ? "previous" : null;
  return address(`metrics/${metric}`, { ...queryOf(dashboard.window), compare, format: "csv" });
}
