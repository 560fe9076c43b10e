// The functions between wasm and JavaScript:
//
//   node --test platforms/cloudflare/glue.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { incoming, outgoing, received, send, stream } from "./src/glue.mjs";

const head = (...lines) => lines.map((line) => `${line}\n`).join("");

test("a request comes in with all of its headers", () => {
  const headers = { "x-any": "1", accept: "*/*" };
  const request = new Request("http://host/path?q=1", { method: "PUT", headers });
  assert.equal(incoming(request), `PUT\nhttp://host/path?q=1\n${head("accept", "*/*", "x-any", "1")}`);
});

test("headers go out, each by its name", () => {
  const { status, headers } = outgoing(200, head("a", "1", "b", ""), undefined);
  assert.deepEqual([status, [...headers]], [200, [["a", "1"], ["b", ""]]]);
});

test("a name that comes twice, and one that every object has, are names like others", () => {
  const cookies = head("set-cookie", "a=1", "x", "1", "set-cookie", "b=2", "x", "2");
  const { headers } = outgoing(200, cookies, undefined);
  assert.deepEqual(headers.getSetCookie(), ["a=1", "b=2"]);
  assert.equal(headers.get("x"), "1, 2");
  const named = outgoing(200, head("__proto__", "1", "constructor", "2"), undefined);
  assert.deepEqual([...named.headers], [["__proto__", "1"], ["constructor", "2"]]);
});

test("a request goes to the service with its headers, and its answer's come back", async () => {
  const service = { fetch: (url, options) => new Request(url, options) };
  const signal = new AbortController().signal;
  const sent = send(service, "POST", "http://host/", head("a", "1"), "body", signal);
  assert.deepEqual([sent.method, await sent.text(), sent.redirect], ["POST", "body", "manual"]);
  assert.match(received(sent), /^a\n1\n/);
});

/** What `next` was asked, and a body of what it answers. */
const asked = (...answers) => {
  const calls = [];
  const body = stream((more) => {
    calls.push(more);
    return more ? answers.shift() : undefined;
  });
  return { calls, body };
};
const bytes = (text) => Promise.resolve(new TextEncoder().encode(text));

test("a body is asked for its pieces until there are none", async () => {
  const { calls, body } = asked(bytes("a"), bytes("bc"), Promise.resolve());
  assert.deepEqual(calls, []);
  assert.equal(await new Response(body).text(), "abc");
  assert.deepEqual(calls, [true, true, true]);
});

test("a body that nobody reads on is told so, one that fails breaks off", async () => {
  const left = asked(bytes("a"), new Promise(() => {}));
  const reader = left.body.getReader();
  await reader.read();
  await reader.cancel();
  assert.equal(left.calls.at(-1), false);
  const broken = asked(bytes("a"), Promise.reject(new Error("cut")));
  await assert.rejects(new Response(broken.body).text(), /cut/);
});
