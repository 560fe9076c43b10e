/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import { OpenClawError } from './errors.js';

export interface ServerSentEvent {
  /** `message` where the stream names none. */
  event: string;
  data: string;
  /** The last id that the stream gave, which it may have given with an earlier event. */
  id: string;
}

/** The most that one event may hold, in characters. */
const MAX_EVENT = 10 * 1024 * 1024;

/** Takes bytes as they come, however they are cut, and gives events. */
export class EventDecoder {
  #text = new TextDecoder(); // It takes a byte order mark away and joins characters that were cut.
  #line = '';
  #data: string[] = [];
  #size = 0;
  #event = '';
  #id = '';
  #afterCarriageReturn = false;

  push(bytes: Uint8Array): ServerSentEvent[] {
    return this.#read(this.#text.decode(bytes, { stream: true }));
  }

  /** What the end leaves: an event without its blank line counts. */
  end(): ServerSentEvent[] {
    const events = this.#read(this.#text.decode());
    if (this.#line) this.#field();
    return this.#dispatch(events);
  }

  #read(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    let start = this.#afterCarriageReturn && text[0] === '\n' ? 1 : 0;
    if (text) this.#afterCarriageReturn = text.endsWith('\r');
    const ends = /\r\n|\n|\r/g;
    ends.lastIndex = start;
    for (let end = ends.exec(text); end; end = ends.exec(text)) {
      this.#line += text.slice(start, end.index);
      start = ends.lastIndex;
      if (this.#line) this.#field();
      else this.#dispatch(events);
    }
    this.#line += text.slice(start);
    this.#bound(this.#line.length);
    return events;
  }

  #field(): void {
    const line = this.#line;
    this.#line = '';
    const colon = line.indexOf(':');
    if (colon === 0) return; // A comment, such as a ping.
    const name = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value[0] === ' ') value = value.slice(1);
    if (name === 'data') {
      this.#data.push(value);
      this.#size += value.length + 1;
      this.#bound(0);
    } else if (name === 'event') this.#event = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
  }

  #dispatch(events: ServerSentEvent[]): ServerSentEvent[] {
    if (this.#data.length) {
      events.push({ event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id });
    }
    this.#data = [];
    this.#event = '';
    this.#size = 0;
    return events;
  }

  #bound(more: number): void {
    if (this.#size + more > MAX_EVENT) throw new OpenClawError('An event is larger than 10 MiB');
  }
}

export async function* decodeEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new EventDecoder();
  for await (const piece of bytes) yield* decoder.push(piece);
  yield* decoder.end();
}
