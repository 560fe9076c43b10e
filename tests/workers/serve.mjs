// All Workers on real workerd, as their wrangler.toml files have them, from what `cargo xtask build
// workers` made. The only argument is a JSON file:
//
//   modules    the node_modules folder that has wrangler and miniflare
//   port       where the gateway Worker listens on loopback
//   state      the folder for KV and Durable Objects, kept between runs
//   config     the gateway's configuration; SIGUSR2 writes it to KV again
//   variables  variables and secrets of every Worker, by name
//   others     further Workers (absent: none), each with a port of its own: [{"file", "port"}],
//              `file` their wrangler.toml from the top of the checkout
//
// Prints `listening on http://127.0.0.1:PORT, workerd PID` once requests are answered. SIGTERM ends it.
//
// The gateway has a socket of workerd's own: neither wrangler's nor Miniflare's proxy is in between.
import childProcess from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

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

/** The gateway first, then the object's Worker and the functions. */
function files() {
  const functions = readdirSync(join(root, "functions")).map((name) => `functions/${name}`);
  const folders = ["", "platforms/cloudflare/ledger", ...functions];
  return folders.map((folder) => join(root, folder, "wrangler.toml")).filter(existsSync);
}

/** A Worker as its wrangler.toml has it; with `port` it listens by itself. */
function worker(file, port) {
  // An empty file in place of `.dev.vars`: what a developer has there is not to be tested.
  const from = { envFiles: ["/dev/null"] };
  const { main, workerOptions } = wrangler.unstable_getMiniflareWorkerOptions(file, undefined, from);
  const { name } = wrangler.unstable_readConfig({ config: file }, { hideWarnings: true });
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
    bindings: { ...bound.bindings, ...options.variables },
    ...(port && { unsafeDirectSockets: [{ host: "127.0.0.1", port }] }),
  };
}

const [gateway, ...others] = files();
const workers = [worker(gateway, options.port), ...others.map((file) => worker(file))];
workers.push(...(options.others ?? []).map(({ file, port }) => worker(join(root, file), port)));
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
console.log(`listening on http://127.0.0.1:${options.port}, workerd ${workerd.pid}`);
// Miniflare would start it anew; a gateway that ends by itself is to be seen.
await once(workerd, "exit");
if (!ending) process.exit(1);
