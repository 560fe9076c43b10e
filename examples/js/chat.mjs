// A whole answer, and what it cost.
import { OpenClawClient } from '@openclaw/client';

const client = new OpenClawClient({ apiKey: process.env.OPENCLAW_API_KEY });
const answer = await client.chat.completions.create({
  model: process.env.OPENCLAW_MODEL ?? 'gpt-4',
  messages: [{ role: 'user', content: 'Hello' }],
});
console.log(answer.choices[0].message.content);
console.error(`${answer.usage.total_tokens} tokens, $${answer.usage.cost}, ${answer._requestId}`);
