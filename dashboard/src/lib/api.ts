/** The one way to data: our JavaScript SDK, with the session's token, against the server that served this page. */

import { APIError, OpenClawClient, OpenClawError, StreamInterruptedError, type RequestOptions } from '@openclaw/client';
import { baseURL, session } from './session.svelte.ts';
import type { List } from './types.ts';

let known: { token: string; client: OpenClawClient } | undefined;

/** `fetch` that notes what answers say of the session, whoever asked. */
async function noticing(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  session.seen(response.headers);
  if (response.status === 401) session.expired = true;
  return response;
}

export function client(): OpenClawClient {
  const token = session.token?.token ?? 'signed-out';
  if (known?.token !== token) {
    known = { token, client: new OpenClawClient({ apiKey: token, baseURL, fetch: noticing, maxRetries: 1 }) };
  }
  return known.client;
}

type Options = RequestOptions;
type Query = Record<string, string | number | boolean | null | undefined>;

export const get = <T>(path: string, query?: Query, options?: Options) =>
  client().request<T>('GET', path, { ...options, query: filled(query) });
/** The first `pages` pages of a list, and whether there are more. */
export async function getPages<T extends { id: string }>(path: string, query: Query, pages: number, signal: AbortSignal): Promise<{ data: T[]; more: boolean }> {
  const data: T[] = [];
  let more = true;
  for (let page = 0; page < pages && more; page += 1) {
    const next = await get<List<T>>(path, { ...query, limit: 100, after: data.at(-1)?.id }, { signal });
    data.push(...next.data);
    more = next.has_more;
  }
  return { data, more };
}
export const post = <T>(path: string, body: unknown = {}, options?: Options) =>
  client().request<T>('POST', path, { ...options, body });
export const patch = <T>(path: string, body: unknown, options?: Options) =>
  client().request<T>('PATCH', path, { ...options, body });
export const put = <T>(path: string, body: unknown, options?: Options) =>
  client().request<T>('PUT', path, { ...options, body });
export const remove = <T>(path: string, options?: Options) => client().request<T>('DELETE', path, options);

/** Without what is empty: the API takes `model=` for a model without a name. */
function filled(query: Query = {}): Record<string, string> {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** What failed, in the words that a card shows. */
export interface Failure {
  message: string;
  code: string;
  status: number;
  requestId: string | undefined;
  /** What is wrong with single fields of the request, by their paths. */
  faults: { field: string; issue: string }[];
}

export function failure(error: unknown): Failure {
  if (error instanceof APIError) {
    const details = (error.details ?? {}) as Record<string, any>;
    const own = details.field ? [{ field: String(details.field), issue: String(details.issue ?? '') }] : [];
    return {
      // The id has a place of its own.
      message: error.message.replace(/ \(request req_\w+\)$/, ''),
      code: error.code ?? `http_${error.status}`,
      status: error.status,
      requestId: error.requestId,
      faults: Array.isArray(details.faults) ? details.faults : own,
    };
  }
  if (error instanceof StreamInterruptedError) {
    return { message: error.message, code: error.code ?? 'interrupted', status: 0, requestId: error.requestId, faults: [] };
  }
  if (!(error instanceof OpenClawError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { message: `The dashboard has a fault: ${message}`, code: 'dashboard_error', status: 0, requestId: undefined, faults: [] };
  }
  const offline = typeof navigator !== 'undefined' && !navigator.onLine;
  const message = offline ? 'You are offline.' : 'The server could not be reached, or the connection broke.';
  return { message, code: 'connection_failed', status: 0, requestId: undefined, faults: [] };
}
