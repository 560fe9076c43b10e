// A Durable Object whose inside is in Rust. Workers import it as `openclaw:object`.
import { DurableObject } from "cloudflare:workers";
import { last } from "./microtask.mjs";

/** The class to derive the platform's from: its inside is `exports[name]`, made of what its constructor gets. */
export const inRust = (exports, name) =>
  class extends DurableObject {
    #inner;
    #instance;

    constructor(context, env) {
      super(context, env);
      // The end of an object ends its turn with all microtasks that wait. The tasks of all objects in
      // an isolate run in one, which is asked for once: without it none would ever run again.
      const abort = context.abort.bind(context);
      context.abort = (cause) => last(() => abort(cause));
      this.#made();
    }

    /** Does something with the inside; should that fail, or a promise it made, the object starts anew. */
    orReset(work) {
      try {
        const done = work(this.#made());
        return done instanceof Promise ? done.catch((error) => this.#reset(error)) : done;
      } catch (error) {
        return this.#reset(error);
      }
    }

    // Made anew where another object has aborted the wasm that all of an isolate share, which leaves
    // nothing of what was in its memory.
    #made() {
      const { instanceId } = exports.__worker_init_state();
      if (this.#instance !== instanceId) {
        this.#inner = new exports[name](this.ctx, this.env);
        this.#instance = instanceId;
      }
      return this.#inner;
    }

    // After a panic, or a write that failed, nobody knows whether memory and disk agree. Nothing of
    // this turn is kept, and the next call finds an object that has read the disk.
    #reset(error) {
      this.ctx.abort(`the object was reset: ${error?.message ?? error}`);
      throw error;
    }
  };
