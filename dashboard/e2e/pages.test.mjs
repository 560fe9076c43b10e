// Every page with data, empty, failing, slow and with an ended session, in both themes, wide and narrow: nothing
// that axe finds, no fault in the console, nothing to scroll sideways, three requests at most. Pictures go to
// target/dashboard.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { open, goto, overflow, violations } from './browser.mjs';
import { stage } from './stage.mjs';

const PAGES = ['overview', 'playground', 'usage', 'logs', 'models', 'skills', 'skills/weather-skill', 'workflows', 'files', 'webhooks', 'keys', 'guardrails', 'connect', 'settings'];
const OPERATORS = ['accounts', 'providers', 'configuration', 'audit'];
const PICTURES = new URL('../../target/dashboard/', import.meta.url).pathname;
const CALLS = 3;
/** A look: the window's width and the theme. */
const LOOKS = [[1280, 'light'], [1280, 'dark'], [360, 'dark'], [360, 'light']];
const HEIGHT = { 1280: 860, 360: 760 };

const here = stage();
before(() => mkdirSync(PICTURES, { recursive: true }));

/** Looks at a page in one state. What a state adds is the same in each theme: few looks show it, or all with OPENCLAW_EVERY_LOOK. */
async function look(path, state, looks = LOOKS) {
  const key = OPERATORS.includes(path) ? here.gateway.admin : here.full.key;
  const page = await open(here.browser, here.gateway, key, { state, quiet: true });
  try {
    await goto(page, here.gateway, `#/${path}`);
    await settle(page, state);
    const calls = page.calls.filter((call) => !/\/(account|health)$/.test(call));
    assert.ok(calls.length <= CALLS, `${path}, ${state}: ${calls.join(', ')}`);
    assert.ok(page.calls.length - calls.length <= CALLS, page.calls.join(', '));
    for (const [width, theme] of process.env.OPENCLAW_EVERY_LOOK ? LOOKS : looks) {
      const what = `${path}, ${state}, ${width}, ${theme}`;
      await page.setViewportSize({ width, height: HEIGHT[width] });
      await page.emulateMedia({ colorScheme: theme });
      await page.screenshot({ path: `${PICTURES}${path.replaceAll('/', '-')}-${state}-${width}-${theme}.png`, animations: 'disabled' });
      assert.deepEqual(await violations(page), [], what);
      assert.ok((await overflow(page)) <= 0, `${what}: scrolls sideways`);
    }
    assert.deepEqual(page.faults, [], `${path}, ${state}`);
  } finally {
    await page.context().close();
  }
}

async function settle(page, state) {
  if (state === '401') await page.getByText('Your session has ended').waitFor();
  // A slow answer never ends: skeletons are what is looked at.
  else if (state === 'slow') await page.waitForTimeout(300);
  else await page.waitForLoadState('networkidle');
}

describe('pages', { concurrency: 2 }, () => {
  for (const path of [...PAGES, ...OPERATORS]) {
    test(`${path}: with data, and empty`, async () => {
      await look(path, 'data');
      // The page of one thing is never empty.
      if (!path.includes('/')) await look(path, 'empty', [LOOKS[0], LOOKS[2]]);
    });
    test(`${path}: failing, slow, signed out`, async () => {
      await look(path, 'error', [LOOKS[1], LOOKS[3]]);
      await look(path, 'slow', [LOOKS[2]]);
      // Two pages of the navigation ask for nothing that a session opens.
      if (!['connect', 'playground'].includes(path)) await look(path, '401', [LOOKS[0]]);
    });
  }

  test('the sign-in page', async () => {
    for (const theme of ['light', 'dark']) {
      const page = await open(here.browser, here.gateway, null, { width: 360, theme });
      await goto(page, here.gateway, '');
      assert.deepEqual(await violations(page), [], theme);
      assert.deepEqual(page.faults, []);
      await page.screenshot({ path: `${PICTURES}sign-in-360-${theme}.png` });
      await page.context().close();
    }
  });
});
