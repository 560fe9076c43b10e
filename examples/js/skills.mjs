// Which skills there are, and one of them at work.
import { NotFoundError, OpenClawClient } from '@openclaw/client';

const client = new OpenClawClient({ apiKey: process.env.OPENCLAW_API_KEY });
for await (const skill of client.skills.list()) console.log(skill.id, skill.version);
try {
  const { result } = await client.skills.execute('weather-skill', 'get', { location: 'London' });
  console.log(`${result.location}: ${result.temperature} °C, ${result.description}`);
} catch (error) {
  if (!(error instanceof NotFoundError)) throw error;
  console.error(error.message);
}
