/** One call of the API: attempts, waits between them, time limits, errors. */
import { randomHex } from './environment.js';
import { AbortError, APIError, apiError, ConnectionError, OpenClawError, redact, TimeoutError } from './errors.js';

/** Milliseconds. */
export interface Timeouts {
  /** Until the head of the answer is there, each attempt anew: 60,000. */
  firstByte?: number;
  /** Between two pieces of an answer; a stream's pings count: 60,000. */
  idle?: number;
  /** For the whole call, attempts and waits included: none. */
  total?: number;
}

/** What a single call may set for itself. */
export interface RequestOptions {
  /** A number stands for `firstByte` and `idle`. */
  timeout?: number | Timeouts;
  /** How often a failed attempt is made again. */
  maxRetries?: number;
  headers?: Record<string, string>;
  /** Made up for each POST where none is given; the same over all attempts. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface Call {
  method: string;
  /** Below the base URL, already encoded. */
  path: string;
  query?: object;
  /** Sent as JSON, unless it is a form. */
  body?: unknown;
  accept?: string;
  options?: RequestOptions;
}

export interface Settings {
  baseURL: string;
  credential(): Promise<string>;
  fetch: typeof fetch;
  headers: Record<string, string>;
  timeout: Required<Omit<Timeouts, 'total'>> & Timeouts;
  maxRetries: number;
  log: ((line: string) => void) | undefined;
}

/** What an answer tells beside its body. */
export interface ResponseInfo {
  status: number;
  headers: Headers;
  requestId: string | undefined;
  /** Requests a minute, how many are left, and when (Unix seconds) they are all there again. */
  rateLimit: { limit: number; remaining: number; reset: number } | undefined;
  provider: string | undefined;
  /** How many calls of providers the gateway made. */
  attempts: number | undefined;
  cache: string | undefined;
}

export interface Outcome<T> {
  data: T;
  response: ResponseInfo;
}

const MAX_WAIT = 60; // Seconds that `Retry-After` may ask for; who asks for more is told to the caller.
const CLOSED = /^(UND_ERR_SOCKET|ECONNRESET|EPIPE|ConnectionClosed|Network connection lost\.)$/;

/** Makes the call; `read` takes what is wanted of the answer, and may keep the exchange open. */
export async function perform<T>(
  settings: Settings,
  call: Call,
  read: (exchange: Exchange) => Promise<T>,
): Promise<Outcome<T>> {
  const options = call.options ?? {};
  const retries = options.maxRetries ?? settings.maxRetries;
  const limits = timeouts(options.timeout, settings.timeout);
  const deadline = limits.total === undefined ? Infinity : Date.now() + limits.total;
  const key = options.idempotencyKey ?? (call.method === 'POST' ? randomHex(16) : undefined);
  let reopened = false;
  let retried = 0;
  for (let attempt = 0; ; attempt++) {
    const credential = await settings.credential();
    const exchange = new Exchange(limits, deadline, options.signal);
    let wait: number;
    try {
      await exchange.open(settings, call, {
        authorization: `Bearer ${credential}`,
        'idempotency-key': key,
        'x-openclaw-retry-count': attempt ? String(attempt) : undefined,
      });
      const { status, headers, ok } = exchange.response;
      if (!ok) throw apiError(status, headers, await exchange.text());
      return { data: await read(exchange), response: responseInfo(exchange.response) };
    } catch (failure) {
      const error = exchange.explain(failure);
      exchange.close();
      settings.log?.(`${call.method} ${call.path} attempt ${attempt + 1}: ${error.message}`);
      // A server may close a kept connection while a request is on its way to it: that costs no retry.
      if (!reopened && error instanceof ConnectionError && CLOSED.test(codeOf(failure))) {
        reopened = true;
        continue;
      }
      const again = retried < retries ? waitBefore(error, retried) : undefined;
      if (again === undefined || Date.now() + again * 1000 > deadline) throw error;
      wait = again;
      retried += 1;
    }
    await sleep(wait * 1000, options.signal);
  }
}

/** Seconds until the next attempt, or `undefined` where there is none. */
function waitBefore(error: OpenClawError, retried: number): number | undefined {
  const backoff = Math.random() * Math.min(8, 0.5 * 2 ** retried);
  if (!(error instanceof APIError)) return error instanceof ConnectionError ? backoff : undefined;
  const told = error.headers.get('x-should-retry');
  const helps = told === null ? error.status === 408 || error.status === 429 || error.status >= 500 : told === 'true';
  if (!helps) return undefined;
  const asked = error.retryAfter;
  if (asked === undefined) return backoff;
  return asked <= MAX_WAIT ? asked : undefined;
}

/** One attempt: its connection, and what watches over it. */
export class Exchange {
  response!: Response;
  #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timedOut: string | undefined;
  #onAbort = () => this.#controller.abort();

  constructor(
    private readonly limits: { firstByte: number; idle: number },
    private readonly deadline: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    if (signal?.aborted) this.#onAbort();
    signal?.addEventListener('abort', this.#onAbort);
  }

  async open(settings: Settings, call: Call, own: Record<string, string | undefined>): Promise<void> {
    const headers = { accept: call.accept ?? 'application/json', ...own } as typeof own;
    let body = call.body as any;
    if (body !== undefined && !(body instanceof FormData)) {
      if (typeof body !== 'string') {
        body = JSON.stringify(body);
        headers['content-type'] = 'application/json';
      }
    }
    // Names of headers know no case: the later one wins.
    for (const given of [settings.headers, call.options?.headers]) {
      for (const [name, value] of Object.entries(given ?? {})) headers[name.toLowerCase()] = value;
    }
    for (const name in headers) if (headers[name] === undefined) delete headers[name];

    const url = settings.baseURL + call.path + queryString(call.query);
    const began = Date.now();
    this.#watch(this.limits.firstByte, 'No answer came');
    this.response = await settings.fetch(url, {
      method: call.method,
      headers: headers as Record<string, string>,
      body: body ?? null,
      signal: this.#controller.signal,
    });
    this.#watch(this.limits.idle, 'Nothing more of the answer came');
    const id = this.response.headers.get('x-request-id');
    settings.log?.(`${call.method} ${call.path} ${this.response.status} ${Date.now() - began} ms ${id ?? ''}`);
  }

  /** The body, piece by piece. Whoever leaves the loop closes the connection. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    const reader = this.response.body?.getReader();
    try {
      while (reader) {
        this.#watch(this.limits.idle, 'Nothing more of the answer came');
        const { done, value } = await reader.read();
        if (done) break;
        clearTimeout(this.#timer); // The caller may take its time.
        yield value;
      }
    } catch (failure) {
      throw this.explain(failure);
    } finally {
      this.close();
    }
  }

  async text(): Promise<string> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const piece of this.bytes()) text += decoder.decode(piece, { stream: true });
    return text + decoder.decode();
  }

  /** The answer for whoever reads it themselves; time limits and the caller's signal go on to hold. */
  handOver(): Response {
    const { body, status, statusText, headers } = this.response;
    if (!body) this.close();
    const pieces = this.bytes();
    const watched = new ReadableStream<Uint8Array>({
      async pull(to) {
        const { done, value } = await pieces.next();
        if (done) to.close();
        else to.enqueue(value);
      },
      async cancel() {
        await pieces.return(undefined);
      },
    });
    return new Response(body && watched, { status, statusText, headers });
  }

  /** What a failure means: the caller's abort, a time limit, or the connection. */
  explain(failure: unknown): OpenClawError {
    if (failure instanceof OpenClawError) return failure;
    if (this.signal?.aborted) return new AbortError(this.signal.reason);
    if (this.#timedOut) return new TimeoutError(this.#timedOut);
    const cause = (failure as any)?.cause ?? failure;
    return new ConnectionError(`The connection failed: ${redact(String(cause?.message ?? cause))}`, failure);
  }

  /** Ends the connection, unless its answer has been read to the end. */
  close(): void {
    clearTimeout(this.#timer);
    this.signal?.removeEventListener('abort', this.#onAbort);
    this.#controller.abort();
  }

  #watch(limit: number, what: string): void {
    clearTimeout(this.#timer);
    const left = this.deadline - Date.now();
    const time = Math.max(0, Math.min(limit, left));
    if (time === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#timedOut = left < limit ? 'The call took longer than its total' : `${what} for ${limit} ms`;
      this.#controller.abort();
    }, time);
  }
}

function timeouts(given: number | Timeouts | undefined, standard: Settings['timeout']) {
  return { ...standard, ...(typeof given === 'number' ? { firstByte: given, idle: given } : given) };
}

export function responseInfo({ status, headers }: Response): ResponseInfo {
  const text = (name: string) => headers.get(name) ?? undefined;
  const number = (name: string) => (headers.has(name) ? Number(headers.get(name)) : undefined);
  const limit = number('x-ratelimit-limit');
  return {
    status,
    headers,
    requestId: text('x-request-id'),
    rateLimit:
      limit === undefined
        ? undefined
        : {
            limit,
            remaining: number('x-ratelimit-remaining') ?? 0,
            reset: number('x-ratelimit-reset') ?? 0,
          },
    provider: text('x-openclaw-provider'),
    attempts: number('x-openclaw-attempts'),
    cache: text('x-openclaw-cache'),
  };
}

function queryString(query: object | undefined): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null) pairs.append(name, String(value));
  }
  const text = pairs.toString();
  return text && `?${text}`;
}

/** Its code; workerd has a message only. */
function codeOf(failure: any): string {
  return String(failure?.cause?.code ?? failure?.code ?? failure?.message ?? '');
}

/** Waits; an abort ends it at once. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new AbortError(signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
