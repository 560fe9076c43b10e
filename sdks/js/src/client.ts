import { Chat } from './chat.js';
import { isBrowser, userAgent, variable } from './environment.js';
import { OpenClawError, redact } from './errors.js';
import { Files } from './files.js';
import { List, type Page } from './list.js';
import { APIPromise } from './promise.js';
import * as resources from './resources.js';
import { Runs, Skills, Workflows } from './runs.js';
import {
  type Call,
  type Exchange,
  type Outcome,
  perform,
  type RequestOptions,
  type Settings,
  type Timeouts,
} from './transport.js';
import type { Token } from './types.js';
import { VERSION } from './version.js';
import { verifyWebhook } from './webhooks.js';
import { type ConnectOptions, connect, type OpenClawSocket, type WebSocketLike } from './ws.js';

/** A key or token, or a function that gives the one that is good now. */
export type Credential = string | (() => string | Promise<string>);

export interface ClientOptions {
  /** Else `OPENCLAW_API_KEY`. */
  apiKey?: Credential | undefined;
  /** Else `OPENCLAW_BASE_URL`, else the public address. `/v1` is added where it has no path. */
  baseURL?: string | undefined;
  /** Milliseconds; a number stands for `firstByte` and `idle`. */
  timeout?: number | Timeouts;
  /** How often a failed attempt is made again: 2. */
  maxRetries?: number;
  fetch?: typeof fetch;
  /** A class like the browser's `WebSocket`; Node before 22 has none of its own. */
  webSocket?: WebSocketLike;
  /** Else `OPENCLAW_WS_URL`, else the base URL's `/ws`. */
  webSocketURL?: string | undefined;
  /** Sent with every request. */
  headers?: Record<string, string>;
  /** A page shows its key to whoever looks: only tokens are let through without this. */
  dangerouslyAllowBrowser?: boolean;
}

type CallOptions = RequestOptions & Pick<Call, 'query' | 'body' | 'accept'>;

export class OpenClawClient {
  readonly baseURL: string;
  readonly maxRetries: number;
  readonly chat = new Chat(this);
  readonly skills = new Skills(this);
  readonly workflows = new Workflows(this);
  readonly runs = new Runs(this);
  readonly files = new Files(this);
  readonly uploads = new resources.Uploads(this);
  readonly embeddings = new resources.Embeddings(this);
  readonly models = new resources.Models(this);
  readonly analytics = new resources.Analytics(this);
  readonly audit = new resources.Audit(this);
  readonly keys = new resources.Keys(this);
  readonly account = new resources.Account(this);
  readonly guardrails = new resources.Guardrails(this);
  readonly accounts = new resources.Accounts(this);
  readonly providers = new resources.Providers(this);
  readonly config = new resources.Config(this);
  readonly health = new resources.Health(this);
  readonly webhooks = Object.assign(new resources.Webhooks(this), { verify: verifyWebhook });
  readonly auth = {
    /** A token that stands for this client's key, for `expires_in` seconds: for browsers, for example. */
    token: (body: { expires_in?: number; api_key?: string } = {}, options?: RequestOptions): APIPromise<Token> =>
      new APIPromise(async () => {
        const api_key = body.api_key ?? (await this.#settings.credential());
        return this.request<Token>('POST', '/auth/token', { ...options, body: { ...body, api_key } }).withResponse();
      }),
  };
  readonly ws = {
    /** A connection that comes back by itself. */
    connect: (options: ConnectOptions = {}): Promise<OpenClawSocket> =>
      connect({
        url: this.#options.webSocketURL ?? variable('OPENCLAW_WS_URL') ?? `${this.baseURL.replace(/^http/, 'ws')}/ws`,
        credential: this.#settings.credential,
        webSocket: this.#options.webSocket,
        ...options,
      }),
  };
  readonly #options: ClientOptions;
  readonly #settings: Settings;

  constructor(options: ClientOptions = {}) {
    const key = options.apiKey ?? variable('OPENCLAW_API_KEY');
    if (!key) {
      throw new OpenClawError('The API key is missing: pass `apiKey`, or set the variable OPENCLAW_API_KEY');
    }
    const check = (credential: string) => {
      if (credential.startsWith('oc_live_') && isBrowser() && !options.dangerouslyAllowBrowser) {
        throw new OpenClawError(
          'A page shows its API key to everybody: give it a token of `auth.token`, or set `dangerouslyAllowBrowser`',
        );
      }
      return credential;
    };
    if (typeof key === 'string') check(key);
    this.#options = options;
    this.baseURL = baseURL(options.baseURL ?? variable('OPENCLAW_BASE_URL') ?? 'https://api.openclaw.ai/v1');
    this.maxRetries = options.maxRetries ?? 2;
    const agent = userAgent(VERSION);
    const { timeout } = options;
    this.#settings = {
      baseURL: this.baseURL,
      credential: async () => (typeof key === 'string' ? key : check(await key())),
      fetch: options.fetch ?? ((url, init) => fetch(url, init)),
      headers: { ...(agent && { 'user-agent': agent }), ...options.headers },
      timeout: {
        firstByte: 60_000,
        idle: 60_000,
        ...(typeof timeout === 'number' ? { firstByte: timeout, idle: timeout } : timeout),
      },
      maxRetries: this.maxRetries,
      log: variable('OPENCLAW_LOG') === 'debug' ? (line) => console.error(redact(`openclaw ${line}`)) : undefined,
    };
  }

  /**
   * Any request: what has no method of its own, or not yet. `path` is below the base URL. `.withResponse()` has
   * status and headers, too, `.asResponse()` is the answer as `fetch` gives it.
   */
  request<T = any>(method: string, path: string, options: CallOptions = {}): APIPromise<T> {
    const call = this.#call(method, path, options);
    return new APIPromise<T>(
      () => perform(this.#settings, call, (exchange) => parse<T>(exchange)),
      async () => (await perform(this.#settings, call, async (exchange) => exchange.handOver())).data,
    );
  }

  /** A list at any path. */
  list<T>(path: string, query: object = {}, options?: RequestOptions): List<T> {
    return new List<T>(query, (query) => this.request<Page<T>>('GET', path, { ...options, query }));
  }

  /** @internal The head of an answer whose body is read piece by piece. */
  exchange(method: string, path: string, options: CallOptions): Promise<Outcome<Exchange>> {
    return perform(this.#settings, this.#call(method, path, options), async (exchange) => exchange);
  }

  #call(method: string, path: string, { query, body, accept, ...options }: CallOptions): Call {
    return { method, path, query, body, accept, options } as Call;
  }
}

async function parse<T>(exchange: Exchange): Promise<T> {
  const text = await exchange.text();
  if (!text) return undefined as T;
  let data: any;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    const { headers, status } = exchange.response;
    throw new OpenClawError(
      `The answer (HTTP ${status}, ${headers.get('content-type')}) is not JSON: is the base URL right?`,
      cause,
    );
  }
  if (typeof data === 'object' && data !== null) {
    const id = exchange.response.headers.get('x-request-id');
    // Not among the fields of the answer: `JSON.stringify` and loops do not show it.
    Object.defineProperty(data, '_requestId', { value: id ?? undefined });
  }
  return data;
}

/** Without a slash at its end, and with `/v1` where it is only a host. */
function baseURL(given: string): string {
  const url = given.replace(/\/+$/, '');
  return /^https?:\/\/[^/]+$/.test(url) ? `${url}/v1` : url;
}
