// What every file of these tests begins with: a gateway with an account that has something on each page, and a
// browser; both end with the file.
import { after, before } from 'node:test';
import { goto, launch, open } from './browser.mjs';
import { account, fill, start } from './gateway.mjs';

/** It is there once the tests run: `gateway`, `browser`, and `full`, the account with its key for everything. */
export function stage() {
  const here = {
    /** A page at `hash`, signed in by `key`. */
    async visit(hash, options, key = here.full.key) {
      const page = await open(here.browser, here.gateway, key, options);
      await goto(page, here.gateway, hash);
      return page;
    },
  };
  before(async () => {
    here.gateway = await start();
    here.browser = await launch();
    here.full = await account(here.gateway, 'Acme Robotics');
    await fill(here.gateway, here.full.key);
  });
  after(async () => {
    await here.browser?.close();
    await here.gateway?.stop();
  });
  return here;
}
