// The same cases in a browser: `runCase` gives what is wrong, or nothing.
import * as sdk from '../dist/esm/index.js';
import { prepare, run } from './run.mjs';

globalThis.runCase = async (one, server) => {
  prepare({ sdk, server, webSocket: WebSocket });
  try {
    await run(one);
    return '';
  } catch (error) {
    return `${error.stack ?? error}`;
  }
};
