// The ports' contract inside workerd, and faults that only a Durable Object and an isolate can have:
//
//   node --test platforms/cloudflare/contract/contract.test.mjs
//
//   OPENCLAW_WRANGLER_MODULES   the node_modules folder that has miniflare
//   OPENCLAW_WORKERS        where the Workers `contract` and `ledger` were built
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const { OPENCLAW_WRANGLER_MODULES, OPENCLAW_WORKERS } = process.env;
const here = fileURLToPath(new URL(".", import.meta.url));
const built = OPENCLAW_WORKERS ?? join(here, "../../../target/workers");
const require = createRequire(join(OPENCLAW_WRANGLER_MODULES, "modules.js"));
const { Miniflare, convertV4MiniflareOptions } = require("miniflare");

const runtime = { compatibilityDate: "2026-11-01", compatibilityFlags: ["enable_request_signal"] };

/** The modules that `cargo xtask build workers` made. */
const modules = (name) => [
  { type: "ESModule", path: "index.js", contents: readFileSync(join(built, name, "index.js")) },
  {
    type: "CompiledWasm",
    path: "index_bg.wasm",
    contents: readFileSync(join(built, name, "index_bg.wasm")),
  },
];

/** An isolate of its own with the contract's Worker. */
const contract = (name, options = {}) => ({
  ...runtime,
  ...options,
  name,
  modules: modules("contract"),
  kvNamespaces: { KV: "kv" },
  r2Buckets: { BLOBS: "blobs" },
  durableObjects: {
    LEDGER: { className: "AccountLedger", scriptName: "ledger", useSQLite: true },
  },
  bindings: {
    OPENCLAW_ADMIN_TOKEN: "operator-token-for-the-contract-tests",
    OPENCLAW_JWT_SECRETS: "k1:a-secret-of-tests-that-is-long-enough",
    OPENCLAW_KEY_PEPPER: "a-pepper-of-tests-that-is-long-enough",
    OPENCLAW_CACHE_SECONDS: "1",
  },
});

const ledger = {
  ...runtime,
  name: "ledger",
  modules: [
    {
      type: "ESModule",
      path: "brittle.mjs",
      contents: readFileSync(join(here, "brittle.mjs")),
    },
    ...modules("ledger"),
  ],
  durableObjects: { LEDGER: { className: "AccountLedger", useSQLite: true } },
  queueProducers: { JOBS_CONTRACT: { queueName: "jobs" } },
};

/** One isolate works on the jobs. */
const consumer = { queueConsumers: { jobs: { maxBatchSize: 10, maxBatchTimeout: 0 } } };

// A client that leaves, as the Worker sees it: the call to it is aborted.
const front = {
  ...runtime,
  name: "front",
  modules: true,
  script: `export default { async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const leave = searchParams.get("leave");
    const signal = leave ? AbortSignal.timeout(Number(leave)) : undefined;
    try {
      return await env[searchParams.get("isolate")].fetch(request, { signal });
    } catch (error) {
      return new Response(error.message, { status: leave ? 499 : 500 });
    }
  } };`,
  serviceBindings: { a: "a", b: "b" },
};

let miniflare, base;
const logs = [];
before(async () => {
  const workers = [front, contract("a", consumer), contract("b"), ledger];
  const handleStructuredLogs = ({ message }) => logs.push(message);
  miniflare = new Miniflare(convertV4MiniflareOptions({ workers, handleStructuredLogs }));
  base = await miniflare.ready;
});
// Much is broken on purpose here and logs that: of interest only where a test fails.
afterEach(({ passed }) => {
  if (!passed) console.log(logs.join("\n"));
  logs.length = 0;
});
after(() => miniflare.dispose());

/** Asks the Worker in an isolate, and leaves after so many milliseconds; throws errors. */
async function ask(path, question, { isolate = "a", leave = "" } = {}) {
  const url = new URL(`/v1/${path}?isolate=${isolate}&leave=${leave}`, base);
  const answer = await fetch(url, { method: "POST", body: JSON.stringify(question) });
  const text = await answer.text();
  if (!answer.ok) throw Object.assign(new Error(text), { status: answer.status });
  return JSON.parse(text);
}

/** Calls an account's object by its own Worker. */
async function object(account, call, argument) {
  const worker = await miniflare.getWorker("ledger");
  const body = JSON.stringify({ account, call, argument });
  const answer = await worker.fetch("http://ledger/", { method: "POST", body });
  return answer.json();
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function counted(account) {
  const [[, count]] = await ask("items", { account, key: "n" });
  return count;
}

test("the stores keep the contract", async () => {
  const { passed, failed } = await ask("contract", { account: "first" });
  assert.deepEqual(failed, []);
  assert.ok(passed.length > 40, `${passed.length} cases`);
  // R2's among them.
  for (const name of ["a_long_blob_is_whole", "a_write_that_is_dropped_leaves_nothing"])
    assert.ok(passed.includes(name), name);
});

// Most of it is waiting: side by side.
test("the queue", { concurrency: true }, (t) =>
  Promise.all([
    t.test("keeps the contract", async () => {
      // The other isolate works on the jobs.
      const run = (key) => ask("queue", { account: "queue", key }, { isolate: "b" });
      const cases = (await run("")).map(({ case: name }) => name);
      assert.ok(cases.length >= 12, `${cases}`);
      const ran = await Promise.all(cases.map(run));
      const failed = ran.flat().filter(({ why }) => why);
      assert.deepEqual(failed, []);
    }),
    t.test("loses no job and ends none twice where its object is reset", async () => {
      const account = "acct_resets";
      const [stored, asked] = [[], []];
      for (let at = 0; at < 60; at += 1) {
        // Whoever is not answered does not know.
        const reset = at % 9 === 4 && object(account, "reset").catch(() => {});
        const store = ask("job", { account, key: `${at}` }, { isolate: "b" });
        asked.push(store.then(({ applied }) => applied && stored.push(`done/${at}`), () => {}));
        await Promise.all([reset, sleep(15)]);
      }
      await Promise.all(asked);
      assert.ok(stored.length > 30, `only ${stored.length} were stored`);
      // A worker that was cut off leaves its claim for 17 s, and the object wakes every minute.
      const left = () => ask("items", { account, key: "job/" }, { isolate: "b" });
      for (let tries = 0; (await left()).length > 0; tries += 1) {
        assert.ok(tries < 360, "jobs are left after three minutes");
        await sleep(500);
      }
      const done = Object.fromEntries(await ask("items", { account, key: "done/" }));
      assert.deepEqual(Object.values(done).filter((count) => count !== 1), []);
      assert.deepEqual(stored.filter((key) => !(key in done)), []);
      assert.deepEqual(await ask("items", { account, key: "dead/" }), []);
    }),
  ]),
);

test("racing batches of two isolates never pass the bound", async () => {
  const account = "acct_racing";
  const one = (at) => ask("add", { account, key: "n", bound: 100 }, { isolate: "ab"[at % 2] });
  const answers = await Promise.all(Array.from({ length: 200 }, (_, at) => one(at)));
  assert.equal(answers.filter(({ applied }) => applied).length, 100);
  assert.equal(await counted(account), 100);
  const calls = await object(account, "batches");
  assert.ok(calls.length < 200, `${calls.length} calls: nothing went together`);
});

test("a batch may be more than goes into one statement", async () => {
  const account = "acct_many";
  const stored = async () => (await ask("items", { account, key: "many/" })).length;
  assert.deepEqual(await ask("many", { account, value: "x" }), { applied: true });
  assert.equal(await stored(), 140);
  assert.deepEqual(await ask("many", { account }), { applied: true });
  assert.equal(await stored(), 0);
  const calls = await object(account, "batches");
  assert.equal(calls.length, 4);
  assert.ok(calls[1] > 5 * calls[0], `calls of bytes: ${calls}`);
});

for (const how of ["throw", "panic", "abort"]) {
  test(`an object that breaks (${how}) costs its call and keeps what it had`, async () => {
    const [account, other] = [`acct_${how}`, `acct_${how}_other`];
    await ask("add", { account, key: "n" });
    await ask("add", { account: other, key: "n" });
    await object(account, "breaks", { on: "INSERT", how });
    await assert.rejects(ask("reserve", { account, key: "req_1" }), { status: 503 });
    assert.deepEqual(await ask("add", { account, key: "n" }), { applied: true });
    assert.deepEqual(await ask("items", { account }), [["n", 2, null]]);
    assert.deepEqual(await ask("add", { account: other, key: "n" }), { applied: true });
    assert.equal(await counted(other), 2);
  });
}

test("a handler that panics costs its own request", async () => {
  const underWay = Promise.all(Array.from({ length: 5 }, () => ask("slow", {})));
  for (let count = 0; count < 3; count += 1) {
    await assert.rejects(ask("panic", {}), ({ status, message }) => {
      assert.equal(status, 500);
      const { error } = JSON.parse(message);
      assert.equal(error.code, "internal_error");
      assert.ok(!message.includes("on purpose"));
      return true;
    });
  }
  assert.deepEqual(await underWay, Array(5).fill("slow"));
  assert.equal(await ask("slow", {}), "slow");
});

test("every header of a request reaches the handler", async () => {
  const url = new URL("/v1/headers?isolate=a", base);
  const sent = { "x-of-a-test": "1", "x-twice": "a, b", "accept-language": "de" };
  const answer = await fetch(url, { method: "POST", headers: sent, body: "{}" });
  const got = Object.fromEntries(await answer.json());
  for (const [name, value] of Object.entries(sent)) assert.equal(got[name], value);
});

test("no line of the log has the query of a request", async () => {
  const key = "oc_test_of_the_log";
  for (const path of ["panic", "unknown", "add"]) {
    const url = new URL(`/v1/${path}?isolate=a&api_key=${key}`, base);
    const answer = await fetch(url, { method: "POST", body: "no JSON" });
    assert.ok(answer.status >= 400, path);
    await answer.text();
  }
  await sleep(100);
  const log = logs.join("\n");
  assert.match(log, /on purpose/);
  assert.ok(!log.includes(key), log);
});

test("a call that fails half way writes nothing", async () => {
  const account = "acct_half";
  await ask("add", { account, key: "n" });
  await object(account, "breaks", { on: "DELETE", how: "throw" });
  await assert.rejects(ask("replace", { account, key: "n" }), { status: 503 });
  assert.deepEqual(await ask("items", { account }), [["n", 1, null]]);
});

test("a call is given up in the end, and the account goes on", async () => {
  const account = "acct_stuck";
  await object(account, "breaks", { slow: 12_000 });
  const began = Date.now();
  await assert.rejects(ask("add", { account, key: "n" }), { status: 503 });
  assert.ok(Date.now() - began < 11_500);
  await object(account, "breaks", {});
  assert.deepEqual(await ask("add", { account, key: "n" }), { applied: true });
});

test("requests that wait are answered when the leader of their batch leaves", async () => {
  const account = "acct_leaves";
  await ask("add", { account, key: "first" });
  await object(account, "breaks", { slow: 600 });
  const before = ask("add", { account, key: "before" });
  await sleep(50);
  // They wait, then each of the first ones leads a batch of those after it, and every second one leaves.
  const asked = Array.from({ length: 80 }, (_, at) =>
    ask("add", { account, key: `key ${at}` }, at % 2 ? {} : { leave: 200 }),
  );
  asked.forEach((answer) => answer.catch(() => {}));
  for (const [at, answer] of asked.entries()) {
    if (at % 2) assert.deepEqual(await answer, { applied: true });
    else await assert.rejects(answer, { status: 499 });
  }
  await before;
  await object(account, "breaks", {});
  const items = Object.fromEntries(await ask("items", { account }));
  for (const at of asked.keys()) if (at % 2) assert.equal(items[`key ${at}`], 1);
  const calls = await object(account, "batches");
  assert.ok(Math.max(...calls) > 2 * calls[0], `calls of bytes: ${calls}`);
});

test("an alarm settles abandoned requests and removes expired items, and no other is set", async () => {
  const account = "acct_orphan";
  await ask("add", { account, key: "n" });
  await ask("add", { account, key: "later", expires: 1000 });
  await ask("add", { account, key: "gone", expires: -1 });
  assert.equal(await object(account, "alarmAt"), null);
  // The lease is 45 s.
  await ask("reserve", { account, key: "req_1", age: 43 });
  const alarm = await object(account, "alarmAt");
  assert.ok(alarm > Date.now() && alarm <= Date.now() + 2_100);
  const left = async () => (await ask("items", { account, key: "gate#r/" })).length;
  assert.equal(await left(), 1);
  await sleep(3_000);
  assert.equal(await left(), 0);
  const rows = (await ask("items", { account })).filter(([, , text]) => text?.includes("req_1"));
  assert.equal(rows.length, 1);
  assert.match(rows[0][2], /interrupted/);
  assert.equal(await object(account, "alarmAt"), null);
  const keys = await object(account, "keys");
  assert.deepEqual(["n", "later", "gone"].map((key) => keys.includes(key)), [true, true, false]);
});

test("an isolate sees its own writes to KV at once, another one when its cache is stale", async () => {
  const key = "shared";
  assert.equal(await ask("read", { key }, { isolate: "b" }), null);
  await ask("write", { key, value: "1" });
  assert.equal(await ask("read", { key }), "1");
  assert.equal(await ask("read", { key }, { isolate: "b" }), null);
  await sleep(1_100);
  assert.equal(await ask("read", { key }, { isolate: "b" }), "1");
});
