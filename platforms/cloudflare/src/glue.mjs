// What would be many calls between wasm and JavaScript, each about half a microsecond and a little
// garbage, as one. Heads go as text: a line for each name and each value (neither can hold a line
// break, RFC 9110, section 5.5).

const BUFFER = 32 * 1024;

/** The method, the URL, and those of the headers named in `names` that are there. */
export function incoming(request, names) {
  const { headers } = request;
  let head = `${request.method}\n${request.url}`;
  for (const name of names.split(" ")) {
    const value = headers.get(name);
    if (value !== null) head += `\n${name}\n${value}`;
  }
  return head;
}

/** A response to give; `body` is bytes, a stream or nothing. */
export function outgoing(status, head, body) {
  return new Response(body, { status, headers: fields(head) });
}

/** The answer to a WebSocket's handshake. */
export function upgraded(webSocket) {
  return new Response(null, { status: 101, webSocket });
}

/** Closes a WebSocket; the codes that only say that there was none are not to be sent (RFC 6455, 7.4.1). */
export function close(socket, code, reason) {
  socket.close([1005, 1006, 1015].includes(code) ? 1000 : code, reason);
}

/** Asks an object for a WebSocket: the answer to the handshake. */
export function connect(object, head) {
  const headers = [["upgrade", "websocket"], ...pairs(head.split("\n"))];
  return object.fetch("https://object/", { headers });
}

/** Sends a request to a service, else to whom the URL names; redirects are not followed. */
export function send(service = globalThis, method, url, head, body, signal) {
  return service.fetch(url, { method, headers: fields(head), body, redirect: "manual", signal });
}

/** What a namespace of KV has under a key and its metadata; nothing where it has nothing. */
export async function kvGet(namespace, key, cacheTtl) {
  const { value, metadata } = await namespace.getWithMetadata(key, { type: "arrayBuffer", cacheTtl });
  return value === null ? undefined : [value, metadata];
}

export const kvPut = (namespace, key, value, metadata, expiration) =>
  namespace.put(key, value, { metadata, expiration });

export const kvDelete = (namespace, key) => namespace.delete(key);

export const setTimeout = (fires, millis) => globalThis.setTimeout(fires, millis);
export const clearTimeout = (timer) => globalThis.clearTimeout(timer);

/** The headers of what came back. */
export function received({ headers }) {
  let head = "";
  for (const [name, value] of headers) head += `${name}\n${value}\n`;
  return head;
}

/** Headers as the platform takes them: a record is quicker, but has no name twice. */
function fields(head) {
  const lines = head.split("\n");
  const record = {};
  for (let at = 0; at + 1 < lines.length; at += 2) {
    if (lines[at] in record) return pairs(lines);
    record[lines[at]] = lines[at + 1];
  }
  return record;
}

function pairs(lines) {
  const headers = [];
  for (let at = 0; at + 1 < lines.length; at += 2) headers.push([lines[at], lines[at + 1]]);
  return headers;
}

let instances = 0;

/** Counts the instances of the wasm in this isolate. */
export function started() {
  instances += 1;
}

export const instance = () => instances;

export const errorText = (error) => String(error?.message ?? error);

/** Tells an object when its alarm comes, in milliseconds, before any call comes in. */
export function knowAlarm(state, known) {
  state.blockConcurrencyWhile(async () => known((await state.storage.getAlarm()) ?? undefined));
}

/** A body of what `next(true)` promises: pieces, then nothing. `next(false)` says that no more is asked for. */
export function stream(next) {
  const source = {
    async pull(controller) {
      const piece = await next(true);
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
    cancel: () => next(false),
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}

/** Reads a body piece by piece, each as large as what is there: by default workerd cuts at 4 KiB. */
export class Pieces {
  #reader;
  #buffer = new ArrayBuffer(BUFFER);

  constructor(body) {
    this.#reader = body.getReader({ mode: "byob" });
  }

  /** The next piece, good until the next call; nothing at the end. */
  async next() {
    const { done, value } = await this.#reader.read(new Uint8Array(this.#buffer));
    if (done) return undefined;
    this.#buffer = value.buffer;
    return value;
  }
}
