// A double of the parts of Cloudflare's API that a deployment uses, in memory, on a free port of
// loopback. `GET /state` shows what it was given. Paths and shapes are those of
// https://developers.cloudflare.com/api/ as wrangler 4 uses them.
import { createServer } from "node:http";

const namespaces = [];
const kv = {};
const buckets = [];
const queues = [];
const scripts = {}; // name → {bindings, tag, secrets, versions}
const subdomains = {};
const unknown = [];
const assets = {}; // script → the paths of its files
const uploaded = new Set(); // hashes of files

const account = "/client/v4/accounts/[^/]+";
const routes = [
  // A client asks for pages until one is empty.
  ["GET", `${account}/storage/kv/namespaces`, (_, body, form, query) =>
    Number(query.get("page") ?? 1) > 1 ? [] : namespaces],
  ["POST", `${account}/storage/kv/namespaces`, (_, body) => {
    const made = { id: `${namespaces.length + 1}`.padStart(32, "0"), title: JSON.parse(body).title };
    namespaces.push(made);
    return made;
  }],
  ["PUT", `${account}/storage/kv/namespaces/([^/]+)/values/([^/]+)`, ([id, key], body, form) => {
    (kv[id] ??= {})[key] = form ? form.get("value") : body;
    return {};
  }],
  ["POST", `${account}/r2/buckets`, (_, body) => {
    const { name } = JSON.parse(body);
    if (buckets.includes(name)) throw Object.assign(new Error("you own it"), { code: 10004 });
    buckets.push(name);
    return { name };
  }],
  ["GET", `${account}/r2/buckets/([^/]+)`, ([name]) => {
    if (!buckets.includes(name)) throw Object.assign(new Error("no such bucket"), { code: 10006 });
    return { name };
  }],
  ["GET", `${account}/queues`, (_, body, form, query) => {
    const names = query.getAll("name");
    return Number(query.get("page") ?? 1) > 1 ? [] : queues.filter((queue) => names.includes(queue.queue_name));
  }],
  ["POST", `${account}/queues`, (_, body) => {
    const { queue_name } = JSON.parse(body);
    const queue_id = `queue-${queues.length + 1}`;
    if (queues.some((queue) => queue.queue_name === queue_name)) throw new Error("the name is taken");
    queues.push({ queue_id, queue_name, producers: [], consumers: [], settings: {} });
    return queues.at(-1);
  }],
  ["POST", `${account}/queues/([^/]+)/consumers`, ([id], body) => {
    const { consumers } = queues.find((queue) => queue.queue_id === id);
    const { script_name: script, type } = JSON.parse(body);
    consumers.push({ consumer_id: `${id}-${consumers.length + 1}`, script, type });
    return consumers.at(-1);
  }],
  ["PUT", `${account}/queues/([^/]+)/consumers/([^/]+)`, ([id, consumer]) =>
    queues.find((queue) => queue.queue_id === id)?.consumers.find(({ consumer_id }) => consumer_id === consumer)],
  ["GET", `${account}/workers/scripts`, () => Object.entries(scripts).map(summary)],
  ["GET", `${account}/workers/services/([^/]+)`, ([name]) => scripts[name] && service(name)],
  ["GET", `${account}/workers/scripts/([^/]+)/secrets`, ([name]) =>
    scripts[name] && Object.keys(scripts[name].secrets).map((secret) => ({ name: secret, type: "secret_text" }))],
  ["GET", `${account}/workers/scripts/([^/]+)/settings`, ([name]) =>
    scripts[name] && { bindings: scripts[name].bindings, tags: [] }],
  ["PATCH", `${account}/workers/scripts/([^/]+)/(?:script-)?settings`, ([name]) => scripts[name] && {}],
  ["GET", `${account}/workers/scripts/([^/]+)/deployments`, ([name]) => scripts[name] && { deployments: [] }],
  ["POST", `${account}/workers/scripts/([^/]+)/deployments`, ([name]) => scripts[name] && { id: id(name) }],
  ["POST", `${account}/workers/scripts/([^/]+)/versions`, ([name], _, form) => upload(name, form)],
  ["PUT", `${account}/workers/scripts/([^/]+)`, ([name], _, form) => upload(name, form)],
  ["GET", `${account}/workers/workers/([^/]+)`, ([name]) => scripts[name] && {
    name,
    subdomain: { enabled: subdomains[name] ?? false, previews_enabled: false },
  }],
  // Which of a Worker's files are to be sent; none where all are there.
  ["POST", `${account}/workers/scripts/([^/]+)/assets-upload-session`, ([name], body) => {
    const { manifest } = JSON.parse(body);
    assets[name] = Object.keys(manifest).sort();
    const missing = Object.values(manifest).map(({ hash }) => hash).filter((hash) => !uploaded.has(hash));
    return { jwt: "session", buckets: missing.length ? [[...new Set(missing)]] : [] };
  }],
  ["POST", `${account}/workers/assets/upload`, (_, body, form) => {
    for (const hash of form.keys()) uploaded.add(hash);
    return { jwt: "complete" };
  }],
  ["POST", `${account}/workers/scripts/([^/]+)/subdomain`, ([name], body) => {
    subdomains[name] = JSON.parse(body).enabled;
    return { enabled: subdomains[name], previews_enabled: false };
  }],
  ["GET", `${account}/workers/subdomain`, () => ({ subdomain: "rehearsal" })],
  ["GET", "/state", () => ({
    namespaces,
    buckets,
    queues: queues.map(({ queue_name, consumers }) => ({ queue_name, consumers })),
    kv,
    subdomains,
    unknown,
    assets,
    bindings: each((script) => script.bindings),
    secrets: each((script) => script.secrets),
    versions: each((script) => script.versions),
  })],
].map(([method, path, answer]) => ({ method, path: new RegExp(`^${path}$`), answer }));

const each = (of) => Object.fromEntries(Object.entries(scripts).map(([name, script]) => [name, of(script)]));
const id = (name) => `00000000-0000-4000-8000-${String(scripts[name].versions).padStart(12, "0")}`;
const summary = ([name, script]) => ({ id: name, migration_tag: script.tag });
const service = (name) => ({
  id: name,
  default_environment: { environment: "production", script: { id: name, tag: name, tags: [] } },
});

/** A new version; secrets that it does not mention stay, and what it inherits must be there. */
function upload(name, form) {
  const { bindings, migrations } = JSON.parse(form.get("metadata"));
  const script = (scripts[name] ??= { secrets: {}, versions: 0 });
  const before = (binding) => script.bindings?.find(({ name }) => name === binding);
  for (const { type, name: binding, text } of bindings) {
    if (type === "secret_text") script.secrets[binding] = text;
    if (type === "inherit" && !(binding in script.secrets || before(binding))) {
      throw Object.assign(new Error(`inherit binding '${binding}' is invalid`), { code: 10057 });
    }
  }
  const shown = bindings.map((binding) => (binding.type === "inherit" ? before(binding.name) : binding));
  script.bindings = shown.filter((binding) => binding && binding.type !== "secret_text");
  script.tag = migrations?.new_tag ?? script.tag;
  script.versions += 1;
  return { id: id(name), deployment_id: id(name), etag: "e", startup_time_ms: 1, resources: { script: { etag: "e" } } };
}

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const type = request.headers["content-type"] ?? "";
  const form = type.startsWith("multipart/form-data")
    ? await new Response(body, { headers: { "content-type": type } }).formData()
    : undefined;
  return [body.toString(), form];
}

const server = createServer(async (request, response) => {
  const { pathname: path, searchParams } = new URL(request.url, "http://double");
  const route = routes.find((route) => route.method === request.method && route.path.test(path));
  const [body, form] = await read(request);
  const reply = (status, document) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(document));
  };
  const refuse = (status, code, message) =>
    reply(status, { success: false, result: null, errors: [{ code, message }], messages: [] });
  if (!route) {
    unknown.push(`${request.method} ${path}`);
    return refuse(404, 7003, `the double does not know ${request.method} ${path}`);
  }
  try {
    const result = route.answer(route.path.exec(path).slice(1), body, form, searchParams);
    if (result === undefined) return refuse(404, 10007, "This Worker does not exist on your account.");
    if (path === "/state") return reply(200, result);
    reply(200, { success: true, result, errors: [], messages: [] });
  } catch (error) {
    refuse(400, error.code ?? 10001, error.message);
  }
});
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
// It ends with whoever started it.
process.stdin.on("end", () => process.exit()).resume();
