import { OpenClawError } from './errors.js';
import type { Outcome } from './transport.js';

/** The body of an answer; `withResponse()` has its status and headers, too. */
export class APIPromise<T> extends Promise<T> {
  static override get [Symbol.species]() {
    return Promise;
  }
  #start: () => Promise<Outcome<T>>;
  #raw: (() => Promise<Response>) | undefined;
  #outcome: Promise<Outcome<T>> | undefined;

  constructor(start: () => Promise<Outcome<T>>, raw?: () => Promise<Response>) {
    super((resolve) => resolve(undefined as T)); // Nobody waits for this one: `then` leads to the outcome.
    this.#start = start;
    this.#raw = raw;
    // The request starts whether or not anybody waits for it, after `asResponse()` had its chance.
    queueMicrotask(() => this.#raw === undefined || this.#outcome || this.withResponse());
    if (!raw) this.withResponse();
  }

  withResponse(): Promise<Outcome<T>> {
    this.#outcome ??= this.#start();
    return this.#outcome;
  }

  /** The answer as `fetch` gives it, its body not read yet; to be called at once. */
  asResponse(): Promise<Response> {
    const raw = this.#raw;
    if (!raw || this.#outcome) throw new OpenClawError('asResponse() must be called on the call itself');
    this.#raw = undefined;
    return raw();
  }

  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: any) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.withResponse()
      .then(({ data }) => data)
      .then(onFulfilled, onRejected);
  }

  override catch<B = never>(onRejected?: ((reason: any) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected);
  }

  override finally(onFinally?: (() => void) | null): Promise<T> {
    return this.then().finally(onFinally);
  }
}
