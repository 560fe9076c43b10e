// The Worker `realtime` as it was built; it counts how often its objects start, and tells at `/starts`.
import * as whole from "./whole.js";

let starts = 0;

export class RealtimeSession extends whole.RealtimeSession {
  constructor(context, env) {
    super(context, env);
    starts += 1;
  }
}

export default {
  fetch: (request, env, context) =>
    new URL(request.url).pathname === "/starts"
      ? Response.json(starts)
      : whole.default.fetch(request, env, context),
};
