// One door to the server: JSON in, JSON out, and every failure as a Problem in words.
import type { Problem } from "./schema.ts";

export class ProblemError extends Error {
  constructor(
    readonly problem: Problem,
    readonly status: number,
  ) {
    super(problem.detail);
    this.name = "ProblemError";
  }
}

const NOWHERE = { path: [], layer: null, row: null, column: null };

/** A failure the page itself notices: its words stand in the catalogue under `key` and `key_hint`. */
export function ownProblem(error: string, key: string, params: Problem["params"] = {}): Problem {
  return { error, key, params, detail: "", where: NOWHERE, hint: "" };
}

/** Whatever was thrown, as a Problem that can be shown. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ProblemError) return thrown.problem;
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  return { ...ownProblem("PageError", "problem.crash"), detail: words };
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "error" in value && "detail" in value;
}

function completed(raw: Problem): Problem {
  return { ...raw, params: raw.params ?? {}, where: { ...NOWHERE, ...raw.where }, hint: raw.hint ?? "" };
}

async function problemFrom(response: Response): Promise<ProblemError> {
  const body: unknown = await response.json().catch(() => null);
  if (isProblem(body)) return new ProblemError(completed(body), response.status);
  return new ProblemError(
    ownProblem("UnreadableAnswer", "problem.unreadable", { status: response.status }),
    response.status,
  );
}

export type Ask = {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is, with `headers` saying what it is. */
  body?: BodyInit;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

async function send(path: string, ask: Ask): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...ask.headers };
  if (ask.json !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method: ask.method ?? (ask.json === undefined && ask.body === undefined ? "GET" : "POST"),
      headers,
      body: ask.json === undefined ? ask.body : JSON.stringify(ask.json),
      signal: ask.signal,
      cache: "no-cache", // asks again with the ETag, and takes the stored answer on 304
    });
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === "AbortError") throw thrown;
    throw new ProblemError(ownProblem("Offline", "problem.offline"), 0);
  }
  if (!response.ok) throw await problemFrom(response);
  return response;
}

/** Ask for JSON. Throws ProblemError. */
export async function api<T>(path: string, ask: Ask = {}): Promise<T> {
  const response = await send(path, ask);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** Ask for bytes (probe tiles, exports). Throws ProblemError. */
export async function apiBytes(path: string, ask: Ask = {}): Promise<ArrayBuffer> {
  return (
    await send(path, { ...ask, headers: { Accept: "application/octet-stream", ...ask.headers } })
  ).arrayBuffer();
}

/** An id in an address. */
export const part = (text: string): string => encodeURIComponent(text);
