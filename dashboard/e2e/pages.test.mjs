// Every page with data, empty, failing and slow, in both themes, wide and narrow: nothing that axe finds, no fault
// in the console, nothing to scroll sideways, three kinds of requests at most. Pictures go to target/dashboard.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { launch, goto, open, overflow, violations } from './browser.mjs';
import { account, fill, start } from './gateway.mjs';

const PAGES = ['overview', 'playground', 'usage', 'logs', 'models', 'skills', 'skills/weather-skill', 'workflows', 'files', 'webhooks', 'keys', 'connect', 'settings'];
const PICTURES = new URL('../../target/dashboard/', import.meta.url).pathname;
let gateway;
let browser;
let full;

before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  gateway = await start();
  browser = await launch();
  full = await account(gateway, 'Acme Robotics');
  await fill(gateway, full.key);
});
after(async () => {
  await browser?.close();
  await gateway?.stop();
});

async function look(path, options) {
  const page = await open(browser, gateway, full.key, options);
  try {
    await goto(page, gateway, `#/${path}`);
    // A slow answer never ends: skeletons are what is looked at.
    if (options.state === 'slow') await page.waitForTimeout(400);
    else await page.waitForLoadState('networkidle').catch(() => {});
    await page.waitForTimeout(100);
    const { width, theme, state = 'data' } = options;
    await page.screenshot({ path: `${PICTURES}${path.replaceAll('/', '-')}-${state}-${width}-${theme}.png`, animations: 'disabled' });
    const what = `${path}, ${state}, ${width}, ${theme}`;
    assert.deepEqual(await violations(page), [], what);
    assert.ok((await overflow(page)) <= 0, `${what}: scrolls sideways`);
    assert.deepEqual(page.faults, [], what);
    // The frame's own are once a session; what is asked for again is a retry, or looks for news every few seconds.
    const own = [...new Set(page.calls.filter((call) => !/\/(account|health)$/.test(call)))];
    assert.ok(own.length <= 3, `${what}: ${own.join(', ')}`);
  } finally {
    await page.context().close();
  }
}

const wide = { width: 1280 };
const narrow = { width: 360 };
for (const path of PAGES) {
  test(`${path}: with data`, async () => {
    await look(path, { ...wide, theme: 'light' });
    await look(path, { ...wide, theme: 'dark' });
    await look(path, { ...narrow, theme: 'light' });
    await look(path, { ...narrow, theme: 'dark' });
  });
  test(`${path}: failing, slow, empty`, async () => {
    await look(path, { ...wide, theme: 'dark', state: 'error' });
    await look(path, { ...narrow, theme: 'light', state: 'slow' });
    if (!path.includes('/')) await look(path, { ...narrow, theme: 'dark', state: 'empty' });
  });
}

test('the sign-in page', async () => {
  for (const theme of ['light', 'dark']) {
    const page = await open(browser, gateway, null, { width: 360, theme });
    await goto(page, gateway, '');
    assert.deepEqual(await violations(page), [], theme);
    assert.deepEqual(page.faults, []);
    await page.screenshot({ path: `${PICTURES}sign-in-360-${theme}.png` });
    await page.context().close();
  }
});
