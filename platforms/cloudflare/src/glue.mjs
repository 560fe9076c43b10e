// One call between wasm and JavaScript in place of many, each of which takes about half a microsecond
// and leaves garbage. A head is one text: a line for each name and each value (neither can hold a line
// break, RFC 9110, section 5.5). docs/decisions/workers-glue.md has the measurements.

const BUFFER = 32 * 1024;

/** The method, the URL and the headers. */
export function incoming({ method, url, headers }) {
  return `${method}\n${url}\n${lines(headers)}`;
}

/** A response to give; `body` is bytes, a stream or nothing. */
export function outgoing(status, head, body) {
  return new Response(body, { status, headers: fields(head) });
}

/** Sends a request to a service, else to whom the URL names; redirects are not followed. */
export function send(service = globalThis, method, url, head, body, signal) {
  return service.fetch(url, { method, headers: fields(head), body, redirect: "manual", signal });
}

/** The headers of a response. */
export const received = ({ headers }) => lines(headers);

function lines(headers) {
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

/** Hands jobs over to the queue that is bound as `binding`. Where that fails, the object's alarm does it again. */
export function sendJobs(env, binding, messages) {
  const queue = env[binding];
  if (!queue) return console.error(`no queue is bound as ${binding}`);
  const batch = messages.map((body) => ({ body, contentType: "text" }));
  queue.sendBatch(batch).catch((error) => console.error(`jobs were not handed over: ${error}`));
}

/** RS256 (RFC 7518, section 3.3) of `message` by a key as PKCS #8. */
export async function rs256(key, message) {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("pkcs8", key, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign(algorithm, imported, message));
}
