// The platform calls the methods of a class that derives from its own. Each calls its twin in Rust.
import * as exports from "./index.js";
import { inRust } from "openclaw:object";

export class AccountLedger extends inRust(exports, "AccountLedger") {
  transact(batch) {
    return this.orReset((inner) => inner.transact(batch));
  }

  query(range) {
    return this.orReset((inner) => inner.query(range));
  }

  alarm() {
    return this.orReset((inner) => inner.alarm());
  }
}

export default {};
