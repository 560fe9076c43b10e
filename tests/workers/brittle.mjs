// The Worker `realtime` as it was built, with objects that say when they start, and break when they
// are told to.
import * as whole from "./index.js";

export class RealtimeSession extends whole.RealtimeSession {
  #breaks = false;

  constructor(context, env) {
    const { kv } = context.storage;
    let self;
    const put = (key, value) => {
      self?.disturb();
      return kv.put(key, value);
    };
    const [get, remove] = [(key) => kv.get(key), (key) => kv.delete(key)];
    Object.defineProperty(context.storage, "kv", { value: { get, put, delete: remove } });
    super(context, env);
    self = this;
    console.log(`session ${context.id} starts`);
  }

  breaks() {
    this.#breaks = true;
  }

  disturb() {
    if (!this.#breaks) return;
    this.#breaks = false;
    // Rust's own borrow check panics where a call that saves comes in the middle of saving.
    super.webSocketMessage(undefined, '{"type":"chat","id":"breaks"}');
  }
}

export default whole.default;
