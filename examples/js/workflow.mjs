// A run of a workflow, watched step by step.
import { OpenClawClient } from '@openclaw/client';

const client = new OpenClawClient({ apiKey: process.env.OPENCLAW_API_KEY });
const started = await client.workflows.run('daily-brief', { date: '2026-02-28' });
for await (const event of client.runs.events(started.id)) {
  console.error(`${event.step}/${event.total_steps} ${event.status}`);
}
const run = await client.runs.wait(started.id);
console.log(run.status, JSON.stringify(run.result ?? run.error));
