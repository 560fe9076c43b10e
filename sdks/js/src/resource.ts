import type { OpenClawClient } from './client.js';

/** What the classes of `resources.ts` have in common. */
export class Resource {
  /** @internal */
  constructor(protected readonly client: OpenClawClient) {}
}

export const segment = encodeURIComponent;
