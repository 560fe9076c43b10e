import type { APIPromise } from './promise.js';

export interface Page<T> {
  object?: 'list';
  data: T[];
  has_more?: boolean;
}

export interface PageParams {
  /** How many a page has. */
  limit?: number;
  /** The id after which the page begins. */
  after?: string;
}

/** A list: `for await` goes through all of it, page by page; `page()` asks for one. */
export class List<T> implements AsyncIterable<T> {
  constructor(
    private readonly query: object,
    private readonly ask: (query: object) => APIPromise<Page<T>>,
  ) {}

  /** The first page, or the one after `after`. */
  page(after?: string): APIPromise<Page<T>> {
    return this.ask(after === undefined ? this.query : { ...this.query, after });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    let after: string | undefined;
    do {
      const page: Page<T> & { next?: string | null } = await this.page(after);
      yield* page.data;
      after = page.has_more ? (page.next ?? (page.data.at(-1) as { id?: string } | undefined)?.id) : undefined;
    } while (after !== undefined);
  }

  /** All of it as an array. */
  async all(): Promise<T[]> {
    const all: T[] = [];
    for await (const item of this) all.push(item);
    return all;
  }
}
