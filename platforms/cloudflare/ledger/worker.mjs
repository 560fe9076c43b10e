// The platform calls the methods of a class that derives from its own; what they do is in Rust.
import { DurableObject } from "cloudflare:workers";
import * as exports from "./index.js";

export class AccountLedger extends DurableObject {
  #inner;
  #instance;

  constructor(context, env) {
    super(context, env);
    this.#ledger();
  }

  transact(batch) {
    return this.#or_reset(() => this.#ledger().transact(batch));
  }

  query(range) {
    return this.#or_reset(() => this.#ledger().query(range));
  }

  async alarm() {
    try {
      await this.#ledger().alarm();
    } catch (error) {
      this.#reset(error);
    }
  }

  // The Rust object; made anew where another account's has aborted the wasm that all of them
  // share, which leaves nothing of what was in its memory.
  #ledger() {
    const { instanceId } = exports.__worker_init_state();
    if (this.#instance !== instanceId) {
      this.#inner = new exports.AccountLedger(this.ctx);
      this.#instance = instanceId;
    }
    return this.#inner;
  }

  #or_reset(work) {
    try {
      return work();
    } catch (error) {
      this.#reset(error);
    }
  }

  // After a panic, or a write that failed, nobody knows whether memory and disk agree. Nothing of
  // this turn is kept, and the next call finds an object that has read the disk.
  #reset(error) {
    this.ctx.abort(`the account's object was reset: ${error?.message ?? error}`);
    throw error;
  }
}

export default {};
