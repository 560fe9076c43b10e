// sdks/cases.json, run by the built package on Node against the scripted server.
import { after, before, describe, it } from 'node:test';
import * as sdk from '@openclaw/client';
import { WebSocket } from 'ws';
import { prepare, run } from './run.mjs';
import { cases, startServer } from './scripted.mjs';

let server;
before(async () => {
  server = await startServer();
  prepare({ sdk, server: `${server.address}/js`, webSocket: WebSocket });
});
after(() => server.stop());

describe('cases', { concurrency: 8 }, () => {
  for (const one of cases) it(`${one.id}: ${one.about}`, () => run(one));
});
