// The official OpenAI SDK on files.
const assert = require('node:assert/strict');
const OpenAI = require('openai');
const { toFile } = OpenAI;

const baseURL = process.env.OPENCLAW_BASE_URL;
const client = new OpenAI({ apiKey: process.env.OPENCLAW_API_KEY, baseURL });

async function main() {
  // Made.
  const file = await toFile(Buffer.from('from node'), 'päper "1".txt', { type: 'text/plain' });
  const made = await client.files.create({
    file,
    purpose: 'user_data',
    expires_after: { anchor: 'created_at', seconds: 3600 },
  });
  assert.equal(made.filename, 'päper "1".txt');
  assert.equal(made.bytes, 9);
  assert.equal(made.expires_at, made.created_at + 3600);

  // Looked at, listed, read.
  assert.equal((await client.files.retrieve(made.id)).id, made.id);
  const ids = [];
  for await (const listed of client.files.list({ limit: 1 })) ids.push(listed.id);
  assert.deepEqual(ids, [made.id]);
  assert.equal(await (await client.files.content(made.id)).text(), 'from node');

  // In parts.
  const start = { filename: 'parts.txt', purpose: 'user_data', bytes: 6, mime_type: 'text/plain' };
  const upload = await client.uploads.create(start);
  assert.equal(upload.status, 'pending');
  const parts = [];
  for (const text of ['abc', 'def']) {
    const data = await toFile(Buffer.from(text), 'part');
    parts.push((await client.uploads.parts.create(upload.id, { data })).id);
  }
  const done = await client.uploads.complete(upload.id, { part_ids: parts });
  assert.equal(done.status, 'completed');
  assert.equal(await (await client.files.content(done.file.id)).text(), 'abcdef');
  const other = await client.uploads.create(start);
  assert.equal((await client.uploads.cancel(other.id)).status, 'cancelled');

  // Deleted.
  assert.equal((await client.files.delete(made.id)).deleted, true);
  await assert.rejects(client.files.retrieve(made.id), OpenAI.NotFoundError);
  console.log('all checks passed');
}

main();
