// Starts the scripted server that all client libraries are tested against.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const cases = JSON.parse(readFileSync(at('cases.json'), 'utf8')).cases;

/** Its address, and what ends it. */
export async function startServer() {
  const server = spawn(process.env.OPENCLAW_PYTHON ?? 'python3', [at('scripted/server.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: server.stdout });
  const address = await new Promise((resolve) => lines.once('line', resolve));
  return { address, stop: () => server.kill() };
}
