// Processor time of a call: node overhead.mjs openclaw|openai CALLS, with OPENCLAW_BASE_URL. OpenAI's library is found by
// NODE_PATH, ours is the built one beside this.
import { createRequire } from 'node:module';
import process from 'node:process';

const [, , name, count] = process.argv;
const settings = { apiKey: 'oc_test_overhead', baseURL: process.env.OPENCLAW_BASE_URL };
const made = {
  openclaw: async () => new (await import('../js/dist/esm/index.js')).OpenClawClient(settings),
  openai: async () => new (createRequire(import.meta.url)('openai').OpenAI)(settings),
};
const client = await made[name]();
const call = { model: 'gpt-4', messages: [{ role: 'user', content: 'Hello' }] };
for (let n = 0; n < 200; n++) await client.chat.completions.create(call);
const before = process.cpuUsage();
for (let n = 0; n < count; n++) await client.chat.completions.create(call);
const { user, system } = process.cpuUsage(before);
console.log(`${name} ${((user + system) / 1000 / count).toFixed(3)} ms`);
