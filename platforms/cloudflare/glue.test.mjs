// What crosses between wasm and JavaScript as one text:
//
//   node --test platforms/cloudflare/glue.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { outgoing, received, send } from "./src/glue.mjs";

const head = (...lines) => lines.map((line) => `${line}\n`).join("");

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
