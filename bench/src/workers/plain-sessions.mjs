// The least that a hibernating connection takes: an object in JavaScript that keeps one row and answers.
import { DurableObject } from "cloudflare:workers";

let starts = 0;

export class Session extends DurableObject {
  constructor(context, env) {
    super(context, env);
    starts += 1;
  }

  fetch() {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(socket, message) {
    const { type } = JSON.parse(message);
    if (type === "auth") this.ctx.storage.kv.put("session", message);
    socket.send(JSON.stringify({ type: type === "auth" ? "auth_ok" : "pong" }));
  }
}

export default {
  fetch(request, { SESSIONS }) {
    if (new URL(request.url).pathname === "/starts") return Response.json(starts);
    return SESSIONS.get(SESSIONS.newUniqueId()).fetch(request);
  },
};
