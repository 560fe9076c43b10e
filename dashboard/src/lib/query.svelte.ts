/** What a card shows: data, an error, or neither yet. A refresh keeps the old data until the new is there. */

import { untrack } from 'svelte';
import { failure, type Failure } from './api.ts';
import { session } from './session.svelte.ts';

export class Query<T> {
  data = $state.raw<T | undefined>(undefined);
  error = $state.raw<Failure | undefined>(undefined);
  loading = $state(false);
  /** When the data came. */
  updatedAt = $state(0);
  #load: (signal: AbortSignal) => Promise<T>;
  #running: AbortController | undefined;

  /**
   * Loads now, and again when something that `key` reads changes. What belonged to another key is dropped
   * unless `keep`.
   */
  constructor(key: () => unknown, load: (signal: AbortSignal) => Promise<T>, keep = true) {
    this.#load = load;
    let before: unknown;
    $effect(() => {
      const now = key();
      void session.epoch;
      untrack(() => {
        if (!keep && before !== undefined && before !== now) this.data = undefined;
        before = now;
        if (now !== null) void this.refresh();
      });
      return () => this.#running?.abort();
    });
  }

  async refresh(): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.loading = true;
    try {
      const data = await this.#load(running.signal);
      if (running.signal.aborted) return;
      this.data = data;
      this.error = undefined;
      this.updatedAt = Date.now();
    } catch (error) {
      if (running.signal.aborted) return;
      this.error = failure(error);
    } finally {
      if (this.#running === running) this.loading = false;
    }
  }
}

/** Calls `act` every `ms` while the tab is visible and `wanted` says so. */
export function poll(ms: number, wanted: () => boolean, act: () => void): void {
  $effect(() => {
    if (!wanted()) return;
    const timer = setInterval(() => {
      if (!document.hidden) act();
    }, ms);
    return () => clearInterval(timer);
  });
}

/** A clock for `12 s ago`, which ticks once for all that show it. */
class Clock {
  now = $state(Date.now());
  constructor() {
    setInterval(() => (this.now = Date.now()), 1000);
  }
}
export const clock = new Clock();
