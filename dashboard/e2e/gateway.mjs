// A gateway of its own for these tests: the binary OPENCLAW_BIN before the controllable upstream
// OPENCLAW_UPSTREAM, or the one at OPENCLAW_BASE_URL with OPENCLAW_ADMIN_TOKEN.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MODELS = [
  ['gpt-4o', 'GPT-4o', 128000, '"chat", "tools", "vision"', 0.0025, 0.01],
  ['claude-sonnet', 'Claude Sonnet', 200000, '"chat", "tools", "vision"', 0.003, 0.015],
  ['llama-3.3-70b', 'Llama 3.3 70B', 131072, '"chat"', 0.0006, 0.0008],
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
  const models = MODELS.map(
    ([id, name, context, can, prompt, completion]) =>
      `[[models]]\nid = "${id}"\nname = "${name}"\ncontext_length = ${context}\ncapabilities = [${can}]\n` +
      `pricing = { prompt = ${prompt}, completion = ${completion} }\ntargets = [{ provider = "upstream", model = "${id}", weight = 1 }]\n`,
  );
  return `[egress]\nallow = ["127.0.0.1:${hooks}"]\n[[providers]]\nid = "upstream"\ndialect = "openai"\nbase_url = "http://127.0.0.1:${upstream}/v1"\n${models.join('')}`;
}

const ADMIN = 'operator-token-of-the-dashboard-tests-0001';

/** Starts everything; `stop` ends it. */
export async function start() {
  const hooks = await receiver();
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-dashboard-'));
  const upstream = await freePort();
  const port = await freePort();
  const file = join(folder, 'openclaw.toml');
  writeFileSync(file, config(upstream, hooks.address().port));
  const programs = [
    spawn(process.env.OPENCLAW_UPSTREAM, ['--port', String(upstream), '--pace-ms', '15'], { stdio: 'ignore' }),
    spawn(process.env.OPENCLAW_BIN, ['serve', '--port', String(port), '--data', join(folder, 'data'), '--config', file], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, OPENCLAW_ADMIN_TOKEN: ADMIN, OPENCLAW_LOG: 'warn' },
    }),
  ];
  const base = `http://127.0.0.1:${port}`;
  const stop = () => {
    for (const program of programs) program.kill('SIGKILL');
    hooks.close();
    hooks.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; ; tries += 1) {
    const ready = await fetch(`${base}/v1/health/ready`).catch(() => null);
    if (ready?.ok) break;
    if (tries > 300) {
      stop();
      throw new Error('the gateway does not start');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { base, admin: ADMIN, hooks: hooks.address().port, stop };
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
}
