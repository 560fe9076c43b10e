// The platform calls the methods of a class that derives from its own. Each calls its twin in Rust.
import * as exports from "./index.js";
import { inRust } from "openclaw:object";

export class RealtimeSession extends inRust(exports, "RealtimeSession") {
  fetch(request) {
    return this.orReset((inner) => inner.open(request.headers.get("x-openclaw-grant") ?? undefined));
  }

  webSocketMessage(socket, message) {
    this.orReset((inner) => inner.message(message));
  }

  webSocketClose(socket, code) {
    this.orReset((inner) => inner.closed(code));
  }

  webSocketError() {
    this.orReset((inner) => inner.closed(1006));
  }

  alarm() {
    this.orReset((inner) => inner.woke());
  }

  attach(from, grant, seq) {
    return this.orReset((inner) => inner.attach(from, grant, seq));
  }

  up(from, texts, end) {
    this.orReset((inner) => inner.up(from, texts, end));
  }

  down(frames, end, reason) {
    return this.orReset((inner) => inner.down(frames, end, reason));
  }
}

export default {
  fetch: (request, env, context) => exports.fetch(request, env, context),
};
