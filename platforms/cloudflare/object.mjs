// A Durable Object that is written in Rust. Workers import this as `openclaw:object`.
import { DurableObject } from "cloudflare:workers";
import { last } from "./microtask.mjs";

/** A base class for the platform's: its constructor passes its arguments to the Rust class `exports[name]`. */
export const inRust = (exports, name) =>
  class extends DurableObject {
    #inner;
    #instance;

    constructor(context, env) {
      super(context, env);
      // The abort of an object drops all microtasks that wait. The tasks of all objects in an isolate run
      // in one microtask, which is asked for once: without it none of them would ever run again.
      const abort = context.abort.bind(context);
      context.abort = (cause) => last(() => abort(cause));
      this.#made();
    }

    /** Calls the Rust object; if that fails, or the promise that it returns, the object starts anew. */
    orReset(work) {
      try {
        const done = work(this.#made());
        return done instanceof Promise ? done.catch((error) => this.#reset(error)) : done;
      } catch (error) {
        return this.#reset(error);
      }
    }

    // All objects of an isolate share its wasm. After one has aborted it, its memory is gone and a new
    // instance takes its place: then the Rust object is made anew.
    #made() {
      const { instanceId } = exports.__worker_init_state();
      if (this.#instance !== instanceId) {
        this.#inner = new exports[name](this.ctx, this.env);
        this.#instance = instanceId;
      }
      return this.#inner;
    }

    // After a panic or a failed write, nobody knows whether memory and disk agree. The platform discards
    // the changes of this turn, and the next call finds an object that has read the disk.
    #reset(error) {
      this.ctx.abort(`the object was reset: ${error?.message ?? error}`);
      throw error;
    }
  };
