// A gateway of its own for these tests: the binary OPENCLAW_BIN, or all Workers on workerd, before the controllable
// upstream OPENCLAW_UPSTREAM.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const MODELS = [
  ['gpt-4o', 'GPT-4o', 128000, ['chat', 'tools', 'vision'], 0.0025, 0.01],
  ['claude-sonnet', 'Claude Sonnet', 200000, ['chat', 'tools', 'vision'], 0.003, 0.015],
  ['llama-3.3-70b', 'Llama 3.3 70B', 131072, ['chat'], 0.0006, 0.0008],
  ['gemini-2.5-pro', 'Gemini 2.5 Pro', 1048576, ['chat', 'tools', 'vision'], 0.00125, 0.01],
  ['mistral-large', 'Mistral Large', 131072, ['chat', 'tools'], 0.002, 0.006],
];

async function freePort() {
  const server = createSocket().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Answers what webhooks send: 200, but 500 for paths that begin with /broken. */
async function receiver() {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(request.url.startsWith('/broken') ? 500 : 200).end('seen'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function config(upstream, hooks) {
  const provider = (id, port) => ({ id, dialect: 'openai', base_url: `http://127.0.0.1:${port}/v1` });
  const model = (id, name, context_length, capabilities, prompt, completion, provider = 'upstream') => ({ id, name, context_length, capabilities, pricing: { prompt, completion }, targets: [{ provider, model: id, weight: 1 }] });
  return {
    // What cools down stays so for as long as somebody looks.
    routing: { cooldown_ms: 600_000 },
    egress: { allow: [`127.0.0.1:${hooks}`] },
    // Nobody answers on port 1: what asks for this model fails.
    providers: [provider('upstream', upstream), provider('gone', 1)],
    models: [...MODELS.map((row) => model(...row)), model('legacy-model', 'Legacy', 8192, ['chat'], 0.001, 0.002, 'gone')],
  };
}

/** An object as a line of TOML: numbers, lists and JSON's strings are written alike there. */
function toml(value) {
  if (Array.isArray(value)) return `[${value.map(toml).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  return `{ ${Object.entries(value).map(([name, one]) => `${name} = ${toml(one)}`).join(', ')} }`;
}

const ADMIN = 'operator-token-of-the-dashboard-tests-0001';

/** The gateway's surroundings: the provider before which it stands, and a server for its webhooks. */
export async function surroundings(pace) {
  const hooks = await receiver();
  const port = await freePort();
  const upstream = spawn(process.env.OPENCLAW_UPSTREAM, ['--port', String(port), '--pace-ms', String(pace)], { stdio: 'ignore' });
  const stop = () => {
    upstream.kill('SIGKILL');
    hooks.close();
    hooks.closeAllConnections();
  };
  return { config: config(port, hooks.address().port), hooks: hooks.address().port, stop };
}

/** The program that is the gateway, on a port of its own, and what is left of it on the disk. */
function native(port, folder, { config, data, offset, admin }) {
  const file = join(folder, 'openclaw.toml');
  writeFileSync(file, Object.entries(config).map(([name, value]) => `${name} = ${toml(value)}\n`).join(''));
  return spawn(process.env.OPENCLAW_BIN, ['serve', '--port', String(port), '--data', data, '--config', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, OPENCLAW_ADMIN_TOKEN: admin, OPENCLAW_LOG: 'error', OPENCLAW_CLOCK_OFFSET_SECONDS: String(offset) },
  });
}

/** The same of all Workers on workerd: what `cargo xtask build workers` made, with OPENCLAW_WRANGLER_MODULES. */
function workers(port, folder, { config, data, admin }) {
  const file = join(folder, 'workers.json');
  const variables = {
    OPENCLAW_ADMIN_TOKEN: admin,
    OPENCLAW_JWT_SECRETS: 'first:the-secret-of-the-dashboard-tests-0001',
    OPENCLAW_KEY_PEPPER: 'the-pepper-of-the-dashboard-tests',
    OPENCLAW_MASTER_KEY: 'the-master-key-of-the-dashboard-tests-0001',
    OPENCLAW_CACHE_SECONDS: '0',
  };
  writeFileSync(file, JSON.stringify({ modules: process.env.OPENCLAW_WRANGLER_MODULES, port, state: data, config, variables }));
  return spawn(process.execPath, [fileURLToPath(new URL('../../tests/workers/serve.mjs', import.meta.url)), file], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A gateway on the data folder `data` whose clock is `offset` seconds ahead (natively). OPENCLAW_TARGET says where it runs. */
export async function serve({ config, hooks }, { data, offset = 0, admin = ADMIN }) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-dashboard-'));
  const begin = process.env.OPENCLAW_TARGET === 'workers' ? workers : native;
  const program = begin(port, folder, { config, data, offset, admin });
  const base = `http://127.0.0.1:${port}`;
  const stop = async () => {
    const ended = program.exitCode === null ? once(program, 'exit') : null;
    program.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; ; tries += 1) {
    const ready = await fetch(`${base}/v1/health/ready`).catch(() => null);
    if (ready?.ok) break;
    if (tries > 3000 || program.exitCode !== null) {
      await stop();
      throw new Error('the gateway does not start');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { base, admin, hooks, stop };
}

/** Both, on a folder that goes with them. */
export async function start() {
  const around = await surroundings(15);
  const data = mkdtempSync(join(tmpdir(), 'openclaw-data-'));
  const gateway = await serve(around, { data });
  const stop = async () => {
    await gateway.stop();
    around.stop();
    rmSync(data, { recursive: true, force: true });
  };
  return { ...gateway, stop };
}

/** Calls the API; an error where it answers with one. */
export async function call(gateway, credential, method, path, body) {
  const isForm = body instanceof FormData;
  const response = await fetch(`${gateway.base}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${credential}`, ...(body && !isForm ? { 'content-type': 'application/json' } : {}) },
    body: isForm ? body : body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text.startsWith('{') ? JSON.parse(text) : text;
}

/** An account with a key for everything. */
export async function account(gateway, name) {
  const { id } = await call(gateway, gateway.admin, 'POST', '/accounts', { name, tier: 'pro', monthly_budget: 50 });
  const { key } = await call(gateway, gateway.admin, 'POST', '/keys', { account: id, name: 'dashboard', scopes: ['admin'] });
  return { id, key };
}

/** Something to look at on every page. */
export async function fill(gateway, key) {
  const ask = (method, path, body) => call(gateway, key, method, path, body);
  await ask('POST', '/webhooks', { url: `http://127.0.0.1:${gateway.hooks}/events`, events: ['chat.completed', 'key.created'], description: 'Billing' });
  const broken = await ask('POST', '/webhooks', { url: `http://127.0.0.1:${gateway.hooks}/broken`, events: ['skill.executed'] });
  await ask('POST', '/keys', { name: 'Production backend', scopes: ['chat', 'models'], rate_limit: 500, monthly_budget: 20, expires_at: new Date(Date.now() + 90 * 86_400_000).toISOString() });
  for (let at = 0; at < 12; at += 1) {
    const [model] = MODELS[at % MODELS.length];
    const body = { model, messages: [{ role: 'user', content: `Question ${at}` }], stream: at % 2 === 0 };
    await ask('POST', '/chat/completions', body);
  }
  await ask('POST', '/chat/completions', { model: 'gpt-4o', messages: [] }).catch(() => {});
  await ask('POST', `/webhooks/${broken.id}/test`, { event: 'skill.executed' });
  const form = new FormData();
  form.append('purpose', 'analysis');
  form.append('file', new Blob(['# Minutes\n\nThe gateway ships on Friday.\n'], { type: 'text/markdown' }), 'minutes.md');
  await ask('POST', '/files/upload', form);
  await ask('PUT', '/account/guardrails', {
    guardrails: [
      { name: 'personal data', on: 'input', action: 'redact', pii: ['email', 'phone', 'card', 'iban', 'secret'] },
      { name: 'plans', on: 'output', action: 'block', patterns: ['(?i)project titan', '(?i)acquisition of \\w+'] },
      { name: 'length', on: 'input', action: 'block', max_input_characters: 50_000 },
    ],
  });
}
