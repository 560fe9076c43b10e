/** Streams of server-sent events: a chat's chunks, a run's progress. */
import { AbortError, errorOf, OpenClawError, StreamInterruptedError } from './errors.js';
import { decodeEvents } from './sse.js';
import { type Exchange, type Outcome, type ResponseInfo, sleep } from './transport.js';
import type { ChatCompletion, ChatCompletionChunk, RunEvent, Usage } from './types.js';

type Open = () => Promise<Outcome<Exchange>>;

/**
 * The chunks of a chat. `for await` gives them one by one and leaving the loop closes the connection;
 * `text()` and `final()` gather them. It never ends quietly: an answer that broke off throws
 * `StreamInterruptedError`, with what there was in `partial`.
 */
export class ChatStream implements AsyncIterable<ChatCompletionChunk> {
  /** Tokens and cost; there once the stream has ended. */
  usage: Usage | undefined;
  #opened: Promise<Outcome<Exchange>> | undefined;
  #taken = false;
  #text = '';

  constructor(private readonly open: Open) {}

  /** Status and headers, as soon as they are there. */
  async withResponse(): Promise<Outcome<this>> {
    this.#opened ??= this.open();
    const { response } = await this.#opened;
    return { data: this, response };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ChatCompletionChunk> {
    if (this.#taken) throw new OpenClawError('A stream can be read only once');
    this.#taken = true;
    this.#opened ??= this.open();
    const { data: exchange, response } = await this.#opened;
    const interrupted = (message: string, cause?: unknown) =>
      new StreamInterruptedError(message, this.#text, response.requestId, cause);
    try {
      for await (const { data } of decodeEvents(exchange.bytes())) {
        if (data === '[DONE]') return;
        const chunk = parse(data);
        if (!chunk) throw interrupted('The stream broke off within an event');
        if (chunk.error) {
          const cause = errorOf(200, response.headers, chunk.error);
          throw interrupted(`The stream failed: ${chunk.error.message}`, cause);
        }
        this.usage = chunk.usage ?? this.usage;
        this.#text += chunk.choices?.[0]?.delta?.content ?? '';
        yield chunk;
      }
      throw interrupted('The stream ended before its answer was complete');
    } catch (failure) {
      if (failure instanceof StreamInterruptedError || failure instanceof AbortError) throw failure;
      throw interrupted(`The stream broke off: ${(failure as Error).message}`, failure);
    } finally {
      exchange.close();
    }
  }

  /** The whole text. */
  async text(): Promise<string> {
    for await (const _ of this);
    return this.#text;
  }

  /** The whole answer, as `create` would have given it. */
  async final(): Promise<ChatCompletion> {
    const whole: any = { choices: [] };
    for await (const { choices, ...rest } of this) {
      Object.assign(whole, rest, { object: 'chat.completion' });
      for (const choice of (choices ?? []) as any[]) {
        const to = (whole.choices[choice.index] ??= {
          index: choice.index,
          message: { role: 'assistant', content: null },
        });
        if (choice.finish_reason) to.finish_reason = choice.finish_reason;
        if (choice.logprobs) merge(to, 'logprobs', choice.logprobs);
        for (const [name, value] of Object.entries(choice.delta ?? {})) merge(to.message, name, value);
      }
    }
    return whole;
  }
}

/** Adds a piece to what was said before: texts are joined, calls of tools put together by their index. */
function merge(to: any, name: string, piece: any): void {
  const before = to[name];
  if (piece === null || piece === undefined) return;
  if (before === null || before === undefined || name === 'role' || name === 'type' || name === 'id') {
    to[name] = Array.isArray(piece) ? [] : piece;
    if (Array.isArray(piece)) merge(to, name, piece);
  } else if (typeof piece === 'string') to[name] = before + piece;
  else if (Array.isArray(piece)) {
    for (const one of piece) {
      const index = one?.index;
      if (typeof index !== 'number') before.push(one);
      else if (before[index] === undefined) before[index] = { ...one };
      else for (const [key, value] of Object.entries(one)) if (key !== 'index') merge(before[index], key, value);
    }
  } else if (typeof piece === 'object') {
    to[name] = { ...before };
    for (const [key, value] of Object.entries(piece)) merge(to[name], key, value);
  } else to[name] = piece;
}

function parse(data: string): any {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

const ENDS = ['completed', 'failed', 'cancelled'];

/**
 * What happens in a run, until it ends. A connection that broke is opened again after the last event that
 * came, so none is missed and none comes twice.
 */
export async function* runEvents(
  open: (lastEventId: string | undefined) => Promise<Outcome<Exchange>>,
  {
    signal,
    retries,
    lastEventId,
  }: { signal?: AbortSignal | undefined; retries: number; lastEventId?: string | undefined },
): AsyncGenerator<RunEvent> {
  let last = lastEventId;
  for (let failed = 0; ; failed++) {
    let cause: unknown;
    const { data: exchange, response } = await open(last);
    try {
      for await (const { data, id } of decodeEvents(exchange.bytes())) {
        if (data === '[DONE]') return;
        const event = parse(data);
        if (!event) break;
        if (event.error && !event.status) throw errorOf(200, response.headers, event.error);
        last = id || last;
        failed = 0;
        yield event;
        if (event.type ? ENDS.some((end) => event.type === `workflow_${end}` || event.type === `run.${end}`) : false)
          return;
      }
    } catch (failure) {
      if (failure instanceof AbortError || (failure as any)?.name === 'APIError') throw failure;
      cause = failure;
    } finally {
      exchange.close();
    }
    if (failed >= retries) {
      throw new StreamInterruptedError('The events of the run broke off', '', response.requestId, cause);
    }
    await sleep(Math.random() * Math.min(8000, 500 * 2 ** failed), signal);
  }
}

export type { ResponseInfo };
