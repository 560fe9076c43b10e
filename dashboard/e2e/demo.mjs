// A month of requests, skills, files and deliveries in the data folder OPENCLAW_DATA: through the real API, by a
// gateway that is started once a day with its clock set back. Prints the key of the account `Demo`.
import { pathToFileURL } from 'node:url';
import { MODELS, call, serve, surroundings } from './gateway.mjs';

const DAY = 86_400;
let seed = 20_260_228;
/** Repeatable: a picture of the same data looks the same. */
const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
const pick = (list) => list[Math.floor(random() ** 1.6 * list.length)];
const words = (count) => Array.from({ length: count }, (_, at) => ['gateway', 'tokens', 'report', 'summary', 'invoice', 'weather'][at % 6]).join(' ');

/** How many requests the day that is `ago` days back has; weekends are quiet. */
function requests(ago) {
  const weekday = new Date(Date.now() - ago * DAY * 1000).getUTCDay();
  return Math.round((weekday % 6 === 0 ? 6 : 20) + random() * 10 + (29 - ago) * 0.4);
}

async function talk(gateway, keys, count) {
  const ask = async () => {
    const model = random() < 0.02 ? 'legacy-model' : pick(MODELS)[0];
    const body = { model, messages: [{ role: 'user', content: words(20 + Math.floor(random() * 900)) }], stream: random() < 0.6, user: pick(['ada', 'grace', 'linus']), metadata: { team: pick(['support', 'search']) } };
    await call(gateway, pick(keys), 'POST', '/chat/completions', body).catch(() => {});
  };
  for (let left = count; left > 0; left -= 8) await Promise.all(Array.from({ length: Math.min(left, 8) }, ask));
}

/** What is there from the first day on. */
async function begin(gateway) {
  const { id } = await call(gateway, gateway.admin, 'POST', '/accounts', { name: 'Demo', tier: 'pro', monthly_budget: 25 });
  const make = async (body) => (await call(gateway, gateway.admin, 'POST', '/keys', { account: id, ...body })).key;
  const key = await make({ name: 'dashboard', scopes: ['admin'] });
  const ask = (method, path, body) => call(gateway, key, method, path, body);
  const keys = [await make({ name: 'Support bot', monthly_budget: 10 }), await make({ name: 'Search', rate_limit: 300 }), await make({ name: 'Nightly reports', scopes: ['chat', 'skills', 'files'] })];
  await ask('POST', '/webhooks', { url: `http://127.0.0.1:${gateway.hooks}/billing`, events: ['chat.failed', 'key.created', 'key.rotated'], description: 'Billing (demo)' });
  await ask('POST', '/webhooks', { url: `http://127.0.0.1:${gateway.hooks}/broken`, events: ['skill.executed'], description: 'An endpoint that fails (demo)' });
  await ask('POST', '/skills', { id: 'clock', name: 'Clock', version: '1.0.0', description: 'The time, as a skill (demo).', commands: { now: { description: 'Gives the time.', parameters: { type: 'object', properties: {} }, execute: { type: 'builtin', name: 'time' } } } });
  return { key, keys };
}

async function upload(gateway, key, name, text) {
  const form = new FormData();
  form.append('purpose', 'analysis');
  form.append('file', new Blob([text], { type: 'text/plain' }), name);
  await call(gateway, key, 'POST', '/files/upload', form);
}

/** Fills the folder `data`; the key for everything of the account. */
export async function fill(data, admin) {
  // A few milliseconds a token: latencies to look at, and a month in a minute.
  const around = await surroundings(3);
  let made;
  try {
    // The last day in parts, so that its hours differ.
    const parts = [...Array.from({ length: 29 }, (_, at) => [(29 - at) * DAY, null]), ...[20, 15, 11, 8, 5, 3, 2, 1, 0].map((hours) => [hours * 3600, 6])];
    for (const [ago, share] of parts) {
      const gateway = await serve(around, { data, offset: -ago, admin });
      try {
        made ??= await begin(gateway);
        await talk(gateway, made.keys, share ?? requests(ago / DAY));
        if (share || random() < 0.4) await call(gateway, made.key, 'POST', '/skills/clock/execute', { command: 'now', parameters: {} });
        if (random() < 0.15) await upload(gateway, made.key, `minutes-${Math.round(ago / DAY)}.md`, `# Minutes (demo)\n\n${words(120)}\n`);
        if (ago === 0) await call(gateway, made.key, 'POST', '/workflows/daily-brief/runs', { parameters: { date: new Date().toISOString().slice(0, 10) } }).catch(() => {});
      } finally {
        await gateway.stop();
      }
    }
  } finally {
    around.stop();
  }
  return made.key;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(await fill(process.env.OPENCLAW_DATA, process.env.OPENCLAW_ADMIN_TOKEN));
}
