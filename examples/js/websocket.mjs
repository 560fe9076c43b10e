// Two chats at once on one connection. Node before 22 has no WebSocket: pass that of the package ws as `webSocket`.
import { OpenClawClient } from '@openclaw/client';

const client = new OpenClawClient({ apiKey: process.env.OPENCLAW_API_KEY });
const model = process.env.OPENCLAW_MODEL ?? 'gpt-4';
const ws = await client.ws.connect();
const whole = ws.chat({ model, messages: [{ role: 'user', content: 'Hello' }] });
for await (const frame of ws.chat({ model, messages: [{ role: 'user', content: 'Tell me a story' }], stream: true })) {
  if (frame.type === 'chat_chunk') process.stdout.write(frame.content);
}
console.log(`\n${(await whole).content}`);
ws.close();
