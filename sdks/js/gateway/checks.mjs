// What only a real gateway shows; the conformance suite runs it on every runtime.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as sdk from '@openclaw/client';

const client = new sdk.OpenClawClient();
const say = (script) => ({
  model: 'gpt-4',
  messages: [{ role: 'user', content: script ? JSON.stringify({ upstream: script }) : 'Hello' }],
});

const wrong = new sdk.OpenClawClient({ apiKey: 'oc_test_wrong' });
await assert.rejects(wrong.models.list().page(), (error) => {
  assert.ok(error instanceof sdk.AuthenticationError && error.status === 401 && error.code === 'unauthorized');
  assert.ok(error.message.endsWith(`(request ${error.requestId})`));
  return true;
});
await assert.rejects(client.models.get('no/such:model'), sdk.NotFoundError);
await assert.rejects(client.chat.completions.create({ model: 'gpt-4', messages: [] }), (error) => {
  return error instanceof sdk.InvalidRequestError && error.details.field === 'messages';
});

const { data, response } = await client.chat.completions.create(say()).withResponse();
assert.ok(data.usage.cost > 0 && response.requestId === data._requestId);
assert.ok(response.rateLimit.remaining < response.rateLimit.limit);
assert.equal(response.attempts, 1);

const limited = new sdk.OpenClawClient({ apiKey: process.env.OPENCLAW_LIMITED_KEY, maxRetries: 0 });
await limited.models.list().page();
await assert.rejects(limited.models.list().page(), (error) => {
  return error instanceof sdk.RateLimitError && error.retryAfter > 0 && error.retryAfter <= 60;
});

const stream = client.chat.completions.stream(say({ chunks: 8 }));
assert.equal((await stream.text()).trim().split(' ').length, 8);
assert.ok(stream.usage.cost > 0);
await assert.rejects(client.chat.completions.stream(say({ chunks: 8, cut_after: 3 })).text(), (error) => {
  return error instanceof sdk.StreamInterruptedError && error.partial !== '' && error.requestId.startsWith('req_');
});
for await (const chunk of client.chat.completions.stream(say({ chunks: 50, chunk_delay_ms: 50 }))) {
  if (chunk.choices[0]?.delta.content) break; // Abandoned.
}
const abort = new AbortController();
setTimeout(() => abort.abort(), 200);
await assert.rejects(
  client.chat.completions.create(say({ head_delay_ms: 900 }), { signal: abort.signal }),
  sdk.AbortError,
);

const bytes = new Uint8Array(9_000_000).map((_, n) => n * 7);
const file = await client.files.upload(bytes, { filename: 'big.bin', purpose: 'analysis' });
const digest = createHash('sha256').update(bytes).digest('hex');
assert.equal(file.sha256, digest);
const content = new Uint8Array(await (await client.files.content(file.id)).arrayBuffer());
assert.equal(createHash('sha256').update(content).digest('hex'), digest);
await client.files.upload('small', { filename: 'a.txt', purpose: 'analysis' });
const ids = (await client.files.list({ limit: 1 }).all()).map(({ id }) => id);
assert.equal(ids.length, 2);
assert.ok((await client.files.delete(file.id)).deleted);

const { token } = await client.auth.token({ expires_in: 60 });
const short = new sdk.OpenClawClient({ apiKey: async () => token });
assert.ok((await short.account.get()).id.startsWith('acct_'));

// Its connection breaks in the middle, and nothing of the answer is missing.
const sockets = [];
const webSocket = class extends WebSocket {
  constructor(url) {
    super(url);
    sockets.push(this);
  }
};
const ws = await new sdk.OpenClawClient({ webSocket }).ws.connect();
let text = '';
let last;
for await (const frame of ws.chat({ ...say({ chunks: 12, chunk_delay_ms: 100 }), stream: true })) {
  if (frame.type === 'chat_chunk') text += frame.content;
  if (sockets.length === 1 && text) sockets[0].close(4000);
  last = frame;
}
assert.equal(sockets.length, 2);
assert.equal(last.type, 'chat_complete');
assert.equal(text, last.content);
ws.close();

console.log('all checks passed');
