// An answer as it is written.
import { OpenClawClient, StreamInterruptedError } from '@openclaw/client';

const client = new OpenClawClient({ apiKey: process.env.OPENCLAW_API_KEY });
const stream = client.chat.completions.stream({
  model: process.env.OPENCLAW_MODEL ?? 'gpt-4',
  messages: [{ role: 'user', content: 'Tell me a story' }],
});
try {
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
  console.log();
  console.error(stream.usage);
} catch (error) {
  if (!(error instanceof StreamInterruptedError)) throw error;
  console.error(`\nIt broke off after ${error.partial.length} characters: ${error.message}`);
  process.exitCode = 1;
}
