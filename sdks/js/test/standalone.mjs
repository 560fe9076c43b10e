// The same cases on Deno and Bun: prints a line of TAP for each. OPENCLAW_SCRIPTED is the scripted server's address.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import * as sdk from '../dist/esm/index.js';
import { prepare, run } from './run.mjs';

const { cases } = JSON.parse(readFileSync(new URL('../../cases.json', import.meta.url), 'utf8'));
prepare({ sdk, server: process.env.OPENCLAW_SCRIPTED, webSocket: WebSocket });

async function runSome() {
  for (let one = cases.shift(); one; one = cases.shift()) {
    try {
      await run(one);
      console.log(`ok - ${one.id}: ${one.about}`);
    } catch (error) {
      console.log(`not ok - ${one.id}: ${one.about}\n${error.stack ?? error}`);
    }
  }
}
await Promise.all(Array.from({ length: 8 }, runSome));
process.exit(0);
