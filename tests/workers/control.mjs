// What cases about a session's object do to it. One line a request: `<what> <object's id>`.
//
//   hibernate   its memory goes, its WebSocket stays
//   break       the next time that it saves, it panics
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

const WORKER = "openclaw-realtime";
const CLASS = "RealtimeSession";

/** Listens where it is free; the port. */
export async function control(miniflare) {
  const actions = {
    hibernate: (id) => miniflare.unsafeEvictDurableObject(WORKER, CLASS, { id, webSockets: "hibernate" }),
    break: async (id) => {
      const objects = await miniflare.getDurableObjectNamespace("SESSIONS", WORKER);
      await objects.get(objects.idFromString(id)).breaks();
    },
  };
  const server = createServer(async (request, response) => {
    const [what, id] = (await text(request)).split(" ");
    try {
      await actions[what](id);
      response.end();
    } catch (error) {
      response.writeHead(500).end(error.stack);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server.address().port;
}
