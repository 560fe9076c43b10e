// The ledger's own Worker as it was built, with objects that break on demand.
import { AccountLedger as Whole } from "./index.js";

export class AccountLedger extends Whole {
  #breaks = {};
  #batches = [];

  constructor(context, env) {
    const { sql } = context.storage;
    let self;
    const exec = (statement, ...values) => {
      self?.disturb(statement);
      return sql.exec(statement, ...values);
    };
    Object.defineProperty(context.storage, "sql", { value: { exec } });
    super(context, env);
    self = this;
  }

  /** {on: start of a SQL statement, how: "throw" | "panic" | "abort"} or {slow: milliseconds}. */
  breaks(how) {
    this.#breaks = how;
  }

  /** How many bytes each call of `transact` had since the object started. */
  batches() {
    return this.#batches;
  }

  /** The keys in the table, expired ones too. */
  keys() {
    const rows = this.ctx.storage.sql.exec("SELECT key FROM items ORDER BY key");
    return [...rows.raw()].flat();
  }

  alarmAt() {
    return this.ctx.storage.getAlarm();
  }

  /** As the platform does at any time: what is in memory is gone, and calls that run fail. */
  reset() {
    this.ctx.abort("reset on purpose");
  }

  disturb(statement) {
    const { on, how } = this.#breaks;
    if (!on || !statement.startsWith(on)) return;
    this.#breaks = {};
    if (how === "throw") throw new Error("the disk is full");
    // Rust's own borrow check panics where a call comes in the middle of another.
    if (how === "panic") super.transact(new Uint8Array());
    // Rust takes the clock for one that never throws, and has no catch for it: this aborts the wasm.
    if (how === "abort") globalThis.Date = BrokenDate;
  }

  async transact(batch) {
    this.#batches.push(batch.length);
    if (this.#breaks.slow) await scheduler.wait(this.#breaks.slow);
    return super.transact(batch);
  }
}

const WholeDate = Date;

/** Throws once. */
class BrokenDate {
  constructor() {
    BrokenDate.now();
  }

  static now() {
    globalThis.Date = WholeDate;
    throw new Error("there is no time");
  }
}

export default {
  async fetch(request, env) {
    const { account, call, argument } = await request.json();
    return Response.json((await env.LEDGER.getByName(account)[call](argument)) ?? null);
  },
};
