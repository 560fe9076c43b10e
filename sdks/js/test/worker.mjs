// The same cases in a Worker: runs the one whose JSON is posted to it, and answers with what is wrong, or nothing.
import * as sdk from '../dist/esm/index.js';
import { prepare, run } from './run.mjs';

export default {
  async fetch(request) {
    const { one, server } = await request.json();
    prepare({ sdk, server, webSocket: WebSocket });
    try {
      await run(one);
      return new Response('');
    } catch (error) {
      return new Response(`${error.stack ?? error}`);
    }
  },
};
