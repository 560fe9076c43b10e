// A file is uploaded, read by the gateway, and asked about.
import { OpenClawClient } from '@openclaw/client';

const client = new OpenClawClient({ apiKey: process.env.OPENCLAW_API_KEY });
const content = 'The meeting is on Thursday at ten.';
const uploaded = await client.files.upload(content, { filename: 'note.txt', purpose: 'analysis' });
const file = await client.files.wait(uploaded.id);
console.log(file.status, await client.files.text(file.id));
const answer = await client.chat.completions.create({
  model: process.env.OPENCLAW_MODEL ?? 'gpt-4',
  messages: [{ role: 'user', content: 'When is the meeting?', file_ids: [file.id] }],
});
console.log(answer.choices[0].message.content);
await client.files.delete(file.id);
