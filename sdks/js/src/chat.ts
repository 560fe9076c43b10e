import type { OpenClawClient } from './client.js';
import { OpenClawError } from './errors.js';
import type { APIPromise } from './promise.js';
import { ChatStream } from './stream.js';
import type { RequestOptions } from './transport.js';
import type { BatchItem, ChatCompletion, ChatParams } from './types.js';

const PATH = '/chat/completions';

export class Completions {
  constructor(private readonly client: OpenClawClient) {}

  /** A whole answer. */
  create(body: ChatParams, options?: RequestOptions): APIPromise<ChatCompletion> {
    if (body.stream) throw new OpenClawError('create() gives whole answers: call stream() for a stream');
    return this.client.request('POST', PATH, { ...options, body });
  }

  /** An answer as it is written; asked for when the loop begins. The last chunk has usage and cost. */
  stream(body: ChatParams, options?: RequestOptions): ChatStream {
    const asked = { stream_options: { include_usage: true }, ...body, stream: true };
    return new ChatStream(() =>
      this.client.exchange('POST', PATH, { ...options, body: asked, accept: 'text/event-stream' }),
    );
  }

  /** Up to 50 chats at once: their answers in the same order, each with its own status. */
  batch(bodies: ChatParams[], options?: RequestOptions): APIPromise<BatchItem[]> {
    return this.client.request('POST', `${PATH}/batch`, { ...options, body: bodies });
  }
}

export class Chat {
  readonly completions: Completions;
  constructor(client: OpenClawClient) {
    this.completions = new Completions(client);
  }
}
