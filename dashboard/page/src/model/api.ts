// The API client. Every failure is an ApiError that says whether a retry may help.

import type { AgentPage, Dashboard, Ingestion, ListPage, Metric, Problem, Scope, Transcript } from "./types";

const TIMEOUT_MS = 30_000;
const UNAUTHORISED = 401;
const TOO_MANY = 429;

export type Query = Readonly<Record<string, string | null | undefined>>;

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number | null,
  ) {
    super(message);
  }

  /** Whether a retry may help: the server is unreachable or overloaded. */
  get isTemporary(): boolean {
    return this.status === null || this.status >= 500 || this.status === TOO_MANY;
  }

  get needsToken(): boolean {
    return this.status === UNAUTHORISED;
  }
}

export function address(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value != null) parameters.set(name, value);
  const text = parameters.toString();
  return `api/${path}${text ? `?${text}` : ""}`;
}

async function refusal(response: Response): Promise<ApiError> {
  try {
    const problem = (await response.json()) as Problem;
    return new ApiError(problem.detail || problem.title, response.status);
  } catch {
    return new ApiError(`The server returned HTTP ${response.status}.`, response.status);
  }
}

async function ask<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const signals = [AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])];
  let response: Response;
  try {
    response = await fetch(address(path, query), { signal: AbortSignal.any(signals), cache: "no-store" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("The dashboard server is not responding.", null);
  }
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as T;
}

export async function catalogue(): Promise<readonly Metric[]> {
  return (await ask<{ metrics: Metric[] }>("metrics")).metrics;
}

export const agents = (query: Query, signal?: AbortSignal) => ask<AgentPage>("agents", query, signal);

/** The default agent; null before the first event. */
export async function busiest(): Promise<Scope | null> {
  return (await ask<{ agent: Scope | null }>("agents/busiest")).agent;
}

/** Whether there is a session to log out of. */
export async function isLoggedIn(): Promise<boolean> {
  return (await ask<{ logged_in: boolean }>("session")).logged_in;
}

export async function logOut(): Promise<void> {
  await fetch("logout", { method: "POST", redirect: "manual" });
}

export const dashboard = (query: Query, signal: AbortSignal) => ask<Dashboard>("dashboard", query, signal);

export const list = (name: string, query: Query, signal: AbortSignal) => ask<ListPage>(`lists/${name}`, query, signal);

// The id is a parameter: it may be any text, and not every text survives in a path.
export const conversation = (query: Query, signal: AbortSignal) => ask<Transcript>("conversations", query, signal);

export const ingestion = () => ask<Ingestion>("ingestion");
