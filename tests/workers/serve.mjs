// All Workers on real workerd, as their wrangler.toml files have them, from what `cargo xtask build
// workers` made. The only argument is a JSON file:
//
//   modules    the node_modules folder that has wrangler and miniflare
//   port       where the gateway Worker listens on loopback; 0: where it is free
//   state      the folder for KV and Durable Objects, kept between runs
//   config     the gateway's configuration; SIGUSR2 writes it to KV again
//   variables  variables and secrets of every Worker, by name
//   brittle    whether sessions say when they start, and do as `control.mjs` is told, which then
//              listens behind `control http://`
//
// Prints `listening on http://127.0.0.1:PORT, workerd PID` once requests are answered. SIGTERM ends it.
//
// Neither wrangler's nor Miniflare's proxy is in between: the gateway has a socket of workerd's own, and
// in front of it stands what of the platform's edge matters here. A client that leaves is told to the
// Worker at once; workerd by itself takes a FIN before the response's head for half of a close.
import childProcess from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { control } from "./control.mjs";

// Only workerd is to be heard.
process.env.WRANGLER_LOG = "error";
const read = () => JSON.parse(readFileSync(process.argv[2], "utf8"));
const options = read();
const root = fileURLToPath(new URL("../../", import.meta.url));

// Whoever tests a crash must know whom to kill, and Miniflare does not tell.
let workerd;
const { spawn } = childProcess;
childProcess.spawn = (...call) => (workerd = spawn(...call));

const require = createRequire(join(options.modules, "modules.js"));
const { Miniflare, convertV4MiniflareOptions } = require("miniflare");
const wrangler = require("wrangler");

/** Hands connections on to `port`, and the leaving of their clients as a reset. */
function edge(port) {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const worker = connect({ port, host: "127.0.0.1", noDelay: true });
    client.pipe(worker, { end: false });
    worker.pipe(client);
    client.on("end", () => worker.resetAndDestroy());
    client.on("error", () => worker.resetAndDestroy());
    worker.on("error", () => client.resetAndDestroy());
    worker.on("close", () => client.end());
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(options.port, "127.0.0.1", () => resolve(server.address().port));
  });
}

/** The gateway first, then the object's Worker and the functions. */
function files() {
  const functions = readdirSync(join(root, "functions")).map((name) => `functions/${name}`);
  const folders = ["", "platforms/cloudflare/ledger", ...functions];
  return folders.map((folder) => join(root, folder, "wrangler.toml")).filter(existsSync);
}

/** The gateway's own secrets: a Worker gets those that its wrangler.toml requires. */
const OWN = [
  "OPENCLAW_ADMIN_TOKEN",
  "OPENCLAW_JWT_SECRETS",
  "OPENCLAW_KEY_PEPPER",
  "OPENCLAW_MASTER_KEY",
];

/** A Worker as its wrangler.toml has it. */
function worker(file) {
  // An empty file in place of `.dev.vars`: what a developer has there is not to be tested.
  const from = { envFiles: ["/dev/null"] };
  const { main, workerOptions } = wrangler.unstable_getMiniflareWorkerOptions(file, undefined, from);
  const { name, secrets } = wrangler.unstable_readConfig({ config: file }, { hideWarnings: true });
  const given = Object.entries(options.variables).filter(
    ([variable]) => !OWN.includes(variable) || secrets?.required?.includes(variable),
  );
  const built = dirname(main);
  const wasm = readdirSync(built).filter((name) => name.endsWith(".wasm"));
  const { modulesRules, ...bound } = workerOptions;
  return {
    ...bound,
    name,
    modulesRoot: built,
    modules: [
      { type: "ESModule", path: main },
      ...wasm.map((name) => ({ type: "CompiledWasm", path: join(built, name) })),
    ],
    bindings: { ...bound.bindings, ...Object.fromEntries(given) },
  };
}

const workers = files().map(worker);
if (options.brittle) {
  const { modules } = workers.find(({ name }) => name === "openclaw-realtime");
  const path = join(dirname(modules[0].path), "brittle.mjs");
  const contents = readFileSync(new URL("brittle.mjs", import.meta.url), "utf8");
  modules.unshift({ type: "ESModule", path, contents });
}
workers[0].unsafeDirectSockets = [{ host: "127.0.0.1", port: 0 }];
const stored = { resourcePersistencePath: options.state };
const miniflare = new Miniflare(convertV4MiniflareOptions({ workers, ...stored }));

async function configure() {
  const kv = await miniflare.getKVNamespace("KV", "openclaw-health");
  await kv.put("config", JSON.stringify(read().config));
}

let ending = false;
process.once("SIGTERM", async () => {
  ending = true;
  await miniflare.dispose();
  process.exit(0);
});
process.on("SIGUSR2", configure);

await miniflare.ready;
await configure();
const gateway = await miniflare.unsafeGetDirectURL(workers[0].name);
if (options.brittle) console.log(`control http://127.0.0.1:${await control(miniflare)}`);
const port = await edge(gateway.port);
console.log(`listening on http://127.0.0.1:${port}, workerd ${workerd.pid}`);
// Miniflare would start it anew; a gateway that ends by itself is to be seen.
await once(workerd, "exit");
if (!ending) process.exit(1);
