/** The WebSocket: many requests at once on one connection, which comes back by itself and goes on where it broke off. */
import { AbortError, ConnectionError, errorOf, OpenClawError, StreamInterruptedError, TimeoutError } from './errors.js';
import { sleep } from './transport.js';
import type { ChatParams, Usage } from './types.js';

export type WebSocketLike = new (url: string) => any;

/** A frame of the server; its `type` says which fields it has. */
export interface ServerFrame {
  type: 'chat_chunk' | 'chat_complete' | 'skill_result' | 'workflow_progress' | 'workflow_complete' | (string & {});
  id: string;
  seq: number;
  content?: string;
  reasoning?: string;
  finished?: boolean;
  tool_calls?: any[];
  usage?: Usage;
  model?: string;
  finish_reason?: string;
  result?: any;
  step?: number;
  total_steps?: number;
  status?: string;
  [field: string]: any;
}

export interface ConnectOptions {
  /** Ends the connection. */
  signal?: AbortSignal;
  /** Milliseconds: how long a connection may take to be there (10,000), and how long it is tried again (120,000). */
  connectTimeout?: number;
  reconnectFor?: number;
  /** Milliseconds between two pings (20,000), and how long a pong may take (10,000). */
  pingInterval?: number;
  pongTimeout?: number;
}

interface Setup extends ConnectOptions {
  url: string;
  credential: () => Promise<string>;
  webSocket: WebSocketLike | undefined;
}

const ENDS = ['chat_complete', 'skill_result', 'workflow_complete', 'error'];
/** Characters that wait in a call whose caller does not read; then it fails. */
const MAX_WAITING = 16 * 1024 * 1024;
/** Frames that wait for a connection. */
const MAX_UNSENT = 1000;

/** One request: `for await` gives its frames as they come, `await` the last one. */
export class SocketCall implements AsyncIterable<ServerFrame>, PromiseLike<ServerFrame> {
  /** @internal */ heard = false;
  #partial = '';
  #frames: ServerFrame[] = [];
  #waiting = 0;
  #iterated = false;
  #wake: (() => void) | undefined;
  #last: Promise<ServerFrame>;
  #resolve!: (frame: ServerFrame) => void;
  #reject!: (error: unknown) => void;
  #ended = false;
  #failure: unknown;

  /** @internal */
  constructor(
    readonly id: string,
    private readonly leave: () => void,
  ) {
    this.#last = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#last.catch(() => {}); // Whoever iterates is told there.
  }

  /** Ends it; the server stops working on it. */
  cancel(): void {
    this.leave();
  }

  then<A = ServerFrame, B = never>(
    onFulfilled?: ((value: ServerFrame) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: any) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#last.then(onFulfilled, onRejected);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ServerFrame> {
    if (this.#iterated) throw new OpenClawError('A call can be read only once');
    this.#iterated = true;
    try {
      for (;;) {
        const frame = this.#frames.shift();
        if (frame) {
          this.#waiting -= frame.content?.length ?? 0;
          yield frame;
        } else if (this.#failure) throw this.#failure;
        else if (this.#ended) return;
        else await new Promise<void>((wake) => (this.#wake = wake));
      }
    } finally {
      if (!this.#ended) this.leave();
    }
  }

  /** @internal */
  take(frame: ServerFrame): void {
    this.heard = true;
    if (frame.type === 'error') return this.fail(errorOf(statusOf(frame.error), new Headers(), frame.error));
    if (frame.type === 'chat_chunk') this.#partial += frame.content ?? '';
    this.#waiting += frame.content?.length ?? 0;
    if (this.#waiting > MAX_WAITING) {
      this.leave();
      return this.fail(new OpenClawError('The frames of a call were not read: more than 16 MiB wait'));
    }
    this.#frames.push(frame);
    if (ENDS.includes(frame.type)) {
      this.#ended = true;
      this.#resolve(frame);
    }
    this.#wake?.();
  }

  /** @internal */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = error;
    this.#reject(error);
    this.#wake?.();
  }

  /** @internal */
  interrupt(why: string, cause?: unknown): void {
    this.fail(new StreamInterruptedError(why, this.#partial, undefined, cause));
  }
}

export class OpenClawSocket {
  #setup: Setup;
  #socket: any;
  #session: string | undefined;
  #seq = 0;
  #calls = new Map<string, { call: SocketCall; frame: object }>();
  #unsent: string[] = [];
  /** Whether frames may go out: after `auth`, and after `reconnect` where there was a session. */
  #open = false;
  #closed = false;
  #count = 0;
  #timers: ReturnType<typeof setTimeout>[] = [];

  /** @internal */
  constructor(setup: Setup) {
    this.#setup = setup;
    setup.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }
  #onAbort = () => this.close();

  /** A chat: its chunks by `for await` with `stream: true`, its last frame by `await`. */
  chat(body: ChatParams): SocketCall {
    return this.#start({ ...body, type: 'chat' });
  }

  /** Executes a skill; the last frame has its `result`. */
  skill(skill: string, command: string, parameters: object = {}): SocketCall {
    return this.#start({ type: 'skill_execute', skill, command, parameters });
  }

  /** Starts a workflow: `workflow_progress` frames as its steps begin and end, then its `result`. */
  workflow(workflow: string, parameters: object = {}): SocketCall {
    return this.#start({ type: 'workflow_start', workflow, parameters });
  }

  /** Ends the connection, the session and what runs on it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stop();
    this.#setup.signal?.removeEventListener('abort', this.#onAbort);
    this.#socket?.close(1000);
    for (const { call } of this.#calls.values()) call.fail(new AbortError(this.#setup.signal?.reason));
    this.#calls.clear();
  }

  #start(body: object): SocketCall {
    if (this.#closed) throw new ConnectionError('The WebSocket is closed');
    const id = `msg_${++this.#count}`;
    const call = new SocketCall(id, () => {
      if (!this.#calls.delete(id)) return;
      this.#send({ type: 'cancel', id });
      call.fail(new AbortError());
    });
    const frame = { ...body, id };
    this.#calls.set(id, { call, frame });
    this.#send(frame);
    return call;
  }

  #send(frame: object): void {
    const text = JSON.stringify(frame);
    if (this.#open) return this.#socket.send(text);
    if (this.#unsent.length >= MAX_UNSENT) throw new ConnectionError('Too much waits for the WebSocket to connect');
    this.#unsent.push(text);
  }

  /** @internal Opens a connection; the first one, or the one after it broke. */
  async open(): Promise<void> {
    // A token may have ended meanwhile: the provider gives the one that is good now.
    const token = await this.#setup.credential();
    if (this.#closed) throw new AbortError();
    const Socket = this.#setup.webSocket ?? (globalThis as any).WebSocket;
    if (!Socket) {
      throw new OpenClawError(
        'There is no WebSocket here: pass a class as `webSocket`, such as that of the package ws',
      );
    }
    const before = this.#session;
    const socket = new Socket(this.#setup.url);
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      let settled = false;
      const settle = (error?: unknown) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        if (error) {
          socket.close();
          reject(error);
        } else resolve();
      };
      const limit = this.#setup.connectTimeout ?? 10_000;
      const timer = setTimeout(
        () => settle(new TimeoutError(`The WebSocket did not connect within ${limit} ms`)),
        limit,
      );
      socket.onopen = () => {
        // Frames are handled in the order sent: nobody has to wait for an answer in between.
        socket.send(JSON.stringify({ type: 'auth', token }));
        if (before) socket.send(JSON.stringify({ type: 'reconnect', session: before, last_seq: this.#seq }));
        else this.#flush();
      };
      socket.onmessage = (event: { data: string }) => {
        const frame = JSON.parse(event.data);
        if (frame.type === 'auth_ok') {
          if (!before) {
            this.#session = frame.session;
            settle();
          }
        } else if (frame.type === 'error' && !frame.id && !settled) {
          settle(errorOf(statusOf(frame.error), new Headers(), frame.error));
        } else if (frame.type === 'reconnected') {
          this.#resumed(frame);
          settle();
        } else this.#take(frame);
      };
      socket.onerror = () => {}; // `onclose` follows, and says more.
      socket.onclose = (event: { code?: number; reason?: string }) => {
        const why = new ConnectionError(`The WebSocket closed (${event.code ?? 1006})`);
        if (!settled) settle(why);
        else if (socket === this.#socket) this.#lost(why);
      };
    });
    this.#watch();
  }

  #flush(): void {
    this.#open = true;
    for (const text of this.#unsent.splice(0)) this.#socket.send(text);
  }

  #resumed(frame: { session: string; resumed: boolean; replayed?: number }): void {
    this.#session = frame.session;
    if (!frame.resumed) {
      this.#seq = 0;
      // What was sent is lost; what waited is sent now.
      for (const [id, { call }] of this.#sent()) {
        this.#calls.delete(id);
        call.interrupt('The session of the WebSocket is gone');
      }
    } else if (!frame.replayed) this.#resend();
    else this.#replay = frame.replayed;
    this.#flush();
  }
  #replay = 0;

  /** A request may have been lost with the connection. The server knows the id of one that runs, and ignores it. */
  #resend(): void {
    for (const [, { call, frame }] of this.#sent()) {
      if (!call.heard) this.#socket.send(JSON.stringify(frame));
    }
  }

  /** The calls that went out. */
  #sent() {
    const waiting = new Set(this.#unsent.map((text) => JSON.parse(text).id));
    return [...this.#calls].filter(([id]) => !waiting.has(id));
  }

  #take(frame: any): void {
    if (frame.type === 'pong') this.#ponged = true;
    else if (frame.type === 'reconnect') {
      // The server is going to end: it finishes what runs, and takes nothing new.
      this.#planned = true;
      this.#open = false;
    }
    if (typeof frame.seq === 'number') {
      if (frame.seq <= this.#seq) return; // It came before the connection broke.
      this.#seq = frame.seq;
      this.#calls.get(frame.id)?.call.take(frame);
      if (ENDS.includes(frame.type)) this.#calls.delete(frame.id);
      if (this.#replay && !--this.#replay) this.#resend();
    }
    if (this.#planned && !this.#sent().length) this.#again();
  }

  #ponged = true;
  #planned = false;

  /** Pings, and notices that nothing comes back, or that the machine slept. */
  #watch(): void {
    this.#stop();
    const { pingInterval = 20_000, pongTimeout = 10_000 } = this.#setup;
    let due = Date.now() + pingInterval;
    const beat = () => {
      const slept = Date.now() - due > pongTimeout;
      if (slept) return this.#again();
      this.#ponged = false;
      this.#socket.send('{"type":"ping"}');
      const missing = setTimeout(() => {
        if (!this.#ponged) this.#again();
      }, pongTimeout);
      due = Date.now() + pingInterval;
      this.#timers = [missing, setTimeout(beat, pingInterval)];
    };
    this.#timers = [setTimeout(beat, pingInterval)];
  }

  #stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }

  /** Leaves this connection for a new one; the session goes on. */
  #again(): void {
    const socket = this.#socket;
    this.#lost(new ConnectionError('The WebSocket is silent'));
    socket.onclose = socket.onmessage = null;
    // Any code but 1000, which would end the session.
    socket.close(4000);
  }

  #lost(why: ConnectionError): void {
    if (this.#closed) return;
    this.#stop();
    this.#open = this.#planned = false;
    void this.#reconnect(why);
  }

  async #reconnect(why: unknown): Promise<void> {
    const end = Date.now() + (this.#setup.reconnectFor ?? 120_000);
    for (let tried = 0; !this.#closed; tried++) {
      try {
        await sleep(Math.max(250, Math.random() * Math.min(10_000, 500 * 2 ** tried)));
        await this.open();
        return;
      } catch (failure) {
        why = failure;
        const status = (failure as { status?: number }).status;
        if (Date.now() > end || status === 401 || status === 403) break;
      }
    }
    if (this.#closed) return;
    for (const { call } of this.#calls.values()) call.interrupt('The WebSocket could not be connected again', why);
    this.#calls.clear();
    this.close();
  }
}

/** The status that REST would have given: a frame has only the code. */
function statusOf({ code }: { code?: string }): number {
  return STATUS[code ?? ''] ?? (code?.startsWith('provider_') ? 502 : 400);
}
const STATUS: Record<string, number> = {
  unauthorized: 401,
  budget_exceeded: 402,
  forbidden: 403,
  account_suspended: 403,
  not_found: 404,
  conflict: 409,
  idempotency_conflict: 409,
  rate_limit_exceeded: 429,
  internal_error: 500,
  skill_failed: 502,
  skill_timeout: 504,
};

/** @internal */
export async function connect(setup: Setup): Promise<OpenClawSocket> {
  if (setup.signal?.aborted) throw new AbortError(setup.signal.reason);
  const socket = new OpenClawSocket(setup);
  try {
    await socket.open();
  } catch (failure) {
    socket.close();
    throw failure;
  }
  return socket;
}
