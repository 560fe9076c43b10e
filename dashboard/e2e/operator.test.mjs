// What the operator does in the dashboard.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goto, open, violations } from './browser.mjs';
import { call } from './gateway.mjs';
import { stage } from './stage.mjs';

const here = stage();
const visit = (hash) => here.visit(hash, {}, here.gateway.admin);
const ask = (method, path, body) => call(here.gateway, here.gateway.admin, method, path, body);

test("the operator's token signs in, and shows the operator's pages only", async () => {
  const page = await open(here.browser, here.gateway, null);
  await goto(page, here.gateway, '');
  await page.getByLabel('API key').fill(here.gateway.admin);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Accounts' }).waitFor();
  const links = await page.locator('nav[aria-label=Pages] li').allInnerTexts();
  assert.deepEqual(links.map((link) => link.trim()), ['Accounts', 'Providers', 'Configuration', 'Audit log', 'Models', 'Guardrails', 'Settings']);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a provider is added, tested, changed and removed; its key is never shown', async () => {
  const page = await visit('#/providers');
  await page.getByRole('button', { name: 'Add provider' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Id').fill('mine');
  await dialog.getByLabel('Address').fill('http://8.8.8.8/v1');
  await dialog.getByLabel('Key optional', { exact: true }).fill('sk-of-the-provider-0001');
  await dialog.getByRole('button', { name: 'Save' }).click();
  // What is wrong stands at its field.
  await dialog.locator('[aria-invalid=true]').waitFor();
  await dialog.getByLabel('Address').fill('http://127.0.0.1:1/v1');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Test mine' }).click();
  await dialog.getByLabel('Model').fill('some-model');
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await page.getByText('It does not answer.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  const row = page.getByRole('row').filter({ hasText: '127.0.0.1:1/v1' }).filter({ hasText: 'mine' });
  await row.getByText('sealed').waitFor();
  await page.getByRole('button', { name: 'Change mine' }).click();
  await dialog.getByLabel('Dialect').selectOption('anthropic');
  await page.getByRole('button', { name: 'Save' }).click();
  await row.getByText('anthropic').waitFor();
  const stored = await ask('GET', '/providers/mine');
  assert.deepEqual([stored.dialect, stored.has_sealed_key, stored.source], ['anthropic', true, 'runtime']);
  assert.ok(!(await page.content()).includes('sk-of-the-provider'));
  await page.getByRole('button', { name: 'Remove mine' }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await row.waitFor({ state: 'detached' });
  await assert.rejects(ask('GET', '/providers/mine'), /404/);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the configuration is changed with faults at their lines, and goes back', async () => {
  const page = await visit('#/configuration');
  const editor = page.getByLabel('What is set here');
  const save = page.getByRole('button', { name: 'Save' });
  await editor.fill('{\n  "limits": {\n    "free": "many"\n  }\n}');
  await save.click();
  await page.getByRole('button', { name: 'line 3' }).waitFor();
  await editor.fill('{\n  "limits": {\n    "free": 77\n  }\n}');
  await save.click();
  await page.getByText('The configuration is saved.').waitFor();
  await page.getByRole('tab', { name: 'In effect' }).click();
  await page.getByText('"free": 77').waitFor();
  const { version, effective } = await ask('GET', '/config');
  assert.equal(effective.limits.free, 77);
  // Somebody else changes it meanwhile: nothing of theirs is lost.
  await ask('PUT', '/config', { version, config: { limits: { free: 78 } } });
  await page.getByRole('tab', { name: 'Set here' }).click();
  await editor.fill('{}');
  await save.click();
  await page.getByText('Somebody saved version').waitFor();
  assert.equal((await ask('GET', '/config')).effective.limits.free, 78);
  await page.reload();
  await page.getByRole('button', { name: `Go back to version ${version}` }).click();
  await page.getByRole('button', { name: 'Go back', exact: true }).click();
  await page.getByText(`Version ${version} counts again.`).waitFor();
  assert.equal((await ask('GET', '/config')).effective.limits.free, 77);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('guardrails of all accounts are one section of the configuration; those of one account are reached from it', async () => {
  const { config, version } = await ask('GET', '/config');
  await ask('PUT', '/config', { version, config: { ...config, limits: { free: 79 } } });
  const page = await visit('#/guardrails');
  await page.getByText('No guardrails yet').waitFor();
  await page.getByRole('button', { name: 'Add guardrail' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('cards');
  await dialog.getByLabel('Card').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('cell', { name: 'cards', exact: true }).waitFor();
  const { effective } = await ask('GET', '/config');
  assert.deepEqual(effective.guardrails, [{ name: 'cards', on: 'both', action: 'redact', pii: ['card'] }]);
  assert.equal(effective.limits.free, 79, 'other sections stay');
  await page.getByRole('button', { name: 'Remove cards' }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('No guardrails yet').waitFor();
  assert.deepEqual((await ask('GET', '/config')).effective.guardrails, []);

  await goto(page, here.gateway, '#/accounts');
  await page.getByRole('link', { name: 'Guardrails of Acme Robotics' }).click();
  await page.getByRole('cell', { name: 'personal data', exact: true }).waitFor();
  await page.getByText('Acme Robotics').first().waitFor();
  await page.getByRole('button', { name: 'Change plans' }).click();
  await dialog.getByLabel('Does').selectOption('redact');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('“plans” is saved.').waitFor();
  const account = await ask('GET', `/accounts/${here.full.id}`);
  assert.deepEqual(account.guardrails.map(({ name, action }) => [name, action]), [['personal data', 'redact'], ['plans', 'redact'], ['length', 'block']]);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the models page shows targets, and which of them cool down', async () => {
  const cooling = async () => (await ask('GET', '/models/legacy-model')).targets[0].cooling_down_until;
  const chat = { model: 'legacy-model', messages: [{ role: 'user', content: 'Hello' }] };
  // Nobody answers there; of several processes each counts for itself.
  for (let tries = 0; tries < 30 && !(await cooling()); tries += 1) await assert.rejects(call(here.gateway, here.full.key, 'POST', '/chat/completions', chat), /50\d/);
  const page = await visit('#/models');
  await page.getByRole('row').filter({ hasText: 'legacy-model' }).getByText('cooling down').waitFor();
  await page.getByRole('link', { name: 'legacy-model' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('heading', { name: 'Targets' }).waitFor();
  const [target] = await dialog.locator('.targets li').allInnerTexts();
  assert.match(target, /^gone\s+legacy-model\s+100%\s+cooling down, ends\s+in/);
  assert.deepEqual(await violations(page), []);
  await goto(page, here.gateway, '#/models/gpt-4o');
  await dialog.locator('.targets li').getByText('in use').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();

  // Whose key it is learns nothing of them.
  const other = await here.visit('#/models/gpt-4o');
  await other.getByRole('heading', { name: 'Prices' }).waitFor();
  assert.equal(await other.getByRole('heading', { name: 'Targets' }).count(), 0);
  await other.context().close();
});

test('the audit log says who did that, and is filtered by the server', async () => {
  await ask('POST', '/accounts', { name: 'Audited' });
  const page = await visit('#/audit?path=%2Faccounts');
  await page.getByRole('row').nth(1).waitFor();
  const rows = await page.getByRole('row').allInnerTexts();
  assert.ok(rows.length > 1 && rows.slice(1).every((row) => row.includes('/accounts') && row.includes('operator')), rows.join('\n'));
  await page.getByLabel('Method').selectOption('Removed');
  await page.getByText('No change fits these filters').waitFor();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByText('/keys').first().waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
