// What people do in the dashboard, by keyboard and by mouse, against a real gateway.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goto, open, violations } from './browser.mjs';
import { account, call } from './gateway.mjs';
import { stage } from './stage.mjs';

const here = stage();
const visit = (...to) => here.visit(...to);
const text = (page) => page.evaluate(() => document.body.innerText);

/** Presses Tab until the focus is where `selector` says. */
async function tabTo(page, selector, most = 80) {
  for (let at = 0; at < most; at += 1) {
    if (await page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, selector)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab does not lead to ${selector}`);
}

test('a wrong key is refused in words, and a right one signs in', async () => {
  const page = await open(here.browser, here.gateway, null);
  await goto(page, here.gateway, '#/keys');
  await page.getByLabel('API key').fill('oc_live_wrong');
  await page.keyboard.press('Enter');
  await page.getByText('This key is not known here').waitFor();
  await page.getByLabel('API key').fill(here.full.key);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'API keys' }).waitFor();
  const kept = await page.evaluate(() => JSON.stringify([...Object.entries(sessionStorage), ...Object.entries(localStorage)]));
  assert.ok(!kept.includes('oc_live_'), 'the key itself is kept nowhere');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a sign-in link works once', async () => {
  const body = { api_key: here.full.key, single_use: true, manage_keys: true };
  const { token } = await call(here.gateway, here.full.key, 'POST', '/auth/token', body);
  const first = await open(here.browser, here.gateway, null);
  await first.goto(`${here.gateway.base}/dashboard/#/sign-in?code=${token}`);
  await first.getByRole('heading', { name: 'Overview' }).waitFor();
  assert.ok(!first.url().includes('code='), first.url());
  const second = await open(here.browser, here.gateway, null);
  await second.goto(`${here.gateway.base}/dashboard/#/sign-in?code=${token}`);
  await second.getByText('was used already').waitFor();
  await first.context().close();
  await second.context().close();
});

test('pages that the key may not see are absent', async () => {
  const { key } = await call(here.gateway, here.full.key, 'POST', '/keys', { name: 'lesser', scopes: ['models', 'chat'] });
  const page = await open(here.browser, here.gateway, key);
  await goto(page, here.gateway, '');
  const links = await page.locator('nav[aria-label=Pages] li').allInnerTexts();
  assert.deepEqual(links.map((link) => link.trim()), ['Playground', 'Models', 'Connect', 'Settings']);
  await page.context().close();
});

test('the keyboard alone creates a key; its secret stays until it is stored', async () => {
  const page = await visit('#/keys');
  await tabTo(page, 'main button');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await tabTo(page, '[role=dialog] input[maxlength="200"]');
  await page.keyboard.type('made by keyboard');
  await tabTo(page, '[role=dialog] button[type=submit]');
  await page.keyboard.press('Enter');
  const secret = await page.locator('[data-secret]').innerText();
  assert.match(secret, /^oc_live_/);
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 5);
  assert.equal(await page.locator('[data-secret]').innerText(), secret);
  // The row is there already.
  assert.ok((await text(page)).includes('made by keyboard'));
  await tabTo(page, '[role=dialog] footer button');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await call(here.gateway, secret, 'GET', '/account');
  assert.ok(!(await page.content()).includes(secret), 'the secret is gone with its dialog');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a key is rotated and revoked', async () => {
  const { id, key } = await call(here.gateway, here.full.key, 'POST', '/keys', { name: 'short-lived' });
  const page = await visit('#/keys');
  await page.getByRole('button', { name: 'Rotate short-lived' }).click();
  await page.getByLabel('At once').check();
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
  const secret = await page.locator('[data-secret]').innerText();
  await page.getByRole('button', { name: 'I have stored it' }).click();
  await assert.rejects(call(here.gateway, key, 'GET', '/account'));
  await call(here.gateway, secret, 'GET', '/account');
  await page.getByRole('button', { name: 'Revoke short-lived' }).click();
  const revoke = page.getByRole('button', { name: 'Revoke', exact: true });
  assert.ok(await revoke.isDisabled());
  await page.getByLabel('Type the key').fill('short-lived');
  await revoke.click();
  await page.getByText('is revoked').waitFor();
  await assert.rejects(call(here.gateway, here.full.key, 'GET', `/keys/${id}`));
  assert.ok((await text(page)).includes('revoked'));
  await page.context().close();
});

test('the keyboard alone sends a delivery again', async () => {
  const page = await visit('#/webhooks');
  await page.getByRole('button', { name: /^Resend chat.completed/ }).first().waitFor();
  const before = (await call(here.gateway, here.full.key, 'GET', '/webhooks/deliveries?limit=100')).data.length;
  await tabTo(page, 'button[aria-label^="Resend chat.completed"]', 120);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  const now = (await call(here.gateway, here.full.key, 'GET', '/webhooks/deliveries?limit=100')).data.length;
  assert.equal(now, before + 1);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a session that ends keeps the page and what was typed', async () => {
  const page = await visit('#/playground');
  await page.getByLabel('Message').fill('half a thought');
  await page.evaluate(() => {
    const stored = JSON.parse(sessionStorage.getItem('openclaw.token'));
    sessionStorage.setItem('openclaw.token', JSON.stringify({ ...stored, token: `${stored.token}x` }));
  });
  await page.route('**/v1/chat/completions', (route) => route.fulfill({ status: 401, json: { error: { code: 'unauthorized', message: 'Invalid token' } } }), { times: 1 });
  await page.getByLabel('Message').press('Control+Enter');
  await page.getByText('Your session has ended').waitFor();
  assert.ok(page.url().endsWith('#/playground'));
  await page.getByLabel('API key').fill(here.full.key);
  await page.keyboard.press('Enter');
  await page.getByText('Your session has ended').waitFor({ state: 'detached' });
  assert.ok((await text(page)).includes('half a thought'));
  await page.context().close();
});

test('the playground streams, shows what it costs, and stops', async () => {
  const page = await visit('#/playground?model=gpt-4o');
  await page.getByLabel('Message').fill('Hello');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('link', { name: 'Log', exact: true }).waitFor();
  assert.match(await page.locator('article footer').innerText(), /tok\/s[\s\S]*tokens[\s\S]*\$/);
  await page.getByLabel('Message').fill('A long one. '.repeat(400));
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('Stopped.', { exact: false }).first().waitFor();
  await page.getByRole('button', { name: 'Send' }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a guardrail is added, refuses a chat, is moved and removed', async () => {
  const { key } = await account(here.gateway, 'Guarded');
  const ask = (method, path, body) => call(here.gateway, key, method, path, body);
  const page = await visit('#/guardrails', {}, key);
  await page.getByText('No guardrails yet').waitFor();
  const add = page.getByRole('button', { name: 'Add guardrail' }).first();
  await add.click();
  const dialog = page.getByRole('dialog');
  const save = page.getByRole('button', { name: 'Save' });
  await dialog.getByLabel('Name').fill('plans');
  await dialog.getByLabel('Does').selectOption('block');
  const patterns = dialog.getByLabel('Patterns optional');
  await patterns.fill('(?i)project titan\n(?=x)');
  assert.deepEqual(await violations(page), []);
  await save.click();
  await dialog.getByText('Line 2').waitFor();
  await patterns.fill('(?i)project titan');
  await save.click();
  await page.getByRole('cell', { name: 'plans', exact: true }).waitFor();
  const chat = () => ask('POST', '/chat/completions', { model: 'gpt-4o', messages: [{ role: 'user', content: 'What is Project Titan?' }] });
  // Another process may know it a minute later.
  for (let tries = 0; tries < 90 && (await chat().catch(() => null)); tries += 1) await new Promise((done) => setTimeout(done, 1000));
  await assert.rejects(chat(), /content_filtered.*plans/);

  await add.click();
  await dialog.getByLabel('Name').fill('length');
  await dialog.getByRole('button', { name: 'Length' }).click();
  await dialog.getByLabel('Characters at most').fill('0');
  await save.click();
  await dialog.locator('[aria-invalid=true]').waitFor();
  await dialog.getByLabel('Characters at most').fill('20000');
  await save.click();
  await page.getByText('more than 20,000 characters').waitFor();
  await page.getByRole('button', { name: 'Move length up' }).click();
  await page.getByText('“length” is earlier now.').waitFor();
  const { guardrails } = await ask('GET', '/account/guardrails');
  assert.deepEqual(guardrails, [
    { name: 'length', on: 'input', action: 'block', max_input_characters: 20_000 },
    { name: 'plans', on: 'both', action: 'block', patterns: ['(?i)project titan'] },
  ]);
  await page.getByRole('button', { name: 'Remove length' }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('“length” is removed.').waitFor();
  assert.deepEqual((await ask('GET', '/account/guardrails')).guardrails.map(({ name }) => name), ['plans']);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('totals are those of the API, in whatever zone', async () => {
  const usage = await call(here.gateway, here.full.key, 'GET', '/analytics/usage?period=7d');
  const shown = [];
  for (const zone of ['UTC', 'Asia/Kolkata', 'America/Los_Angeles']) {
    const page = await visit('#/usage?show=requests', { zone });
    await page.locator('.total').waitFor();
    shown.push(await page.locator('.total').innerText(), await page.locator('table tbody').first().evaluate((body) => body.textContent));
    await page.context().close();
  }
  assert.equal(shown[0], String(usage.total_requests));
  assert.deepEqual(shown.slice(2, 4), shown.slice(0, 2));
  assert.deepEqual(shown.slice(4, 6), shown.slice(0, 2));
});

test('a chart takes the colours of a theme that the system changes', async () => {
  const page = await visit('#/usage');
  await page.locator('canvas').waitFor();
  const drawn = () => page.evaluate(() => document.querySelector('canvas')?.toDataURL());
  const light = await drawn();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForFunction((light) => (document.querySelector('canvas')?.toDataURL() ?? light) !== light, light);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('top keys have their names, also one that is beyond the first page of keys', async () => {
  const { key } = await account(here.gateway, 'Many keys');
  const made = await call(here.gateway, key, 'POST', '/keys', { name: 'Nightly reports', scopes: ['chat'] });
  await call(here.gateway, made.key, 'POST', '/chat/completions', { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] });
  // Pages that ask for keys would not have it.
  const page = await open(here.browser, here.gateway, key);
  await page.route(/\/v1\/keys/, (route) => route.fulfill({ json: { object: 'list', data: [], has_more: true } }));
  for (const hash of ['#/overview', '#/usage?by=key', '#/logs']) {
    await goto(page, here.gateway, hash);
    await page.getByText('Nightly reports').first().waitFor();
  }
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the account menu opens by the keyboard, and is left by it', async () => {
  const page = await visit('#/settings');
  await tabTo(page, '[aria-label=Account]');
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('menuitem', { name: 'Sign out' }).waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Account');
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('who is signed in sees the frame before a script has run', async () => {
  const page = await open(here.browser, here.gateway, here.full.key);
  await page.route(/\/assets\/.*\.js$/, () => {});
  await page.goto(`${here.gateway.base}/dashboard/#/overview`, { waitUntil: 'commit' });
  await page.locator('.shell-side').getByText('OpenClaw').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
  const other = await open(here.browser, here.gateway, null);
  await other.route(/\/assets\/.*\.js$/, () => {});
  await other.goto(`${here.gateway.base}/dashboard/`, { waitUntil: 'commit' });
  await other.locator('.shell-side').waitFor({ state: 'attached' });
  assert.equal(await other.locator('.shell-side').isVisible(), false);
  await other.context().close();
});

test('filters and the range stand in the address and go along', async () => {
  const page = await visit('#/usage?period=24h&model=gpt-4o');
  await page.locator('nav[aria-label=Pages]').getByText('Logs').click();
  await page.getByRole('heading', { name: 'Logs' }).waitFor();
  assert.match(page.url(), /#\/logs\?period=24h&model=gpt-4o$/);
  await page.getByRole('row').nth(1).waitFor();
  const models = await page.locator('.cell.model').allInnerTexts();
  assert.ok(models.length > 0 && models.every((model) => model.includes('gpt-4o')), models.join());
  await page.getByLabel('Remove the filter model').click();
  assert.match(page.url(), /#\/logs\?period=24h$/);
  await page.context().close();
});

test('a request opens in a drawer, J and K walk through the log', async () => {
  const page = await visit('#/logs');
  await page.locator('.cell.time a').first().click();
  await page.getByRole('dialog').waitFor();
  const first = page.url();
  await page.getByText('Content is not stored').waitFor();
  await page.keyboard.press('j');
  await page.waitForFunction((url) => location.href !== url, first);
  await page.keyboard.press('k');
  await page.waitForFunction((url) => location.href === url, first);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.context().close();
});

test('a skill is run from its form', async () => {
  const manifest = { id: 'clock', name: 'Clock', version: '1.0.0', description: 'The time.', commands: { now: { description: 'Gives the time.', parameters: { type: 'object', properties: {} }, execute: { type: 'builtin', name: 'time' } } } };
  const page = await visit('#/skills?install=1');
  await page.getByLabel('Manifest').fill('{"id": "clock",\n"commands": {}}');
  await page.getByRole('button', { name: 'Install', exact: true }).click();
  await page.getByRole('alert').getByText('name').first().waitFor();
  await page.getByLabel('Manifest').fill(JSON.stringify(manifest));
  await page.getByRole('button', { name: 'Install', exact: true }).click();
  await page.getByRole('heading', { name: 'Clock' }).waitFor();
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByRole('region', { name: 'Result' }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
