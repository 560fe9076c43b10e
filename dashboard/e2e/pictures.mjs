// Six small pictures for the README, of demo data: node e2e/pictures.mjs FOLDER
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goto, launch, open } from './browser.mjs';
import { fill } from './demo.mjs';
import { serve, surroundings } from './gateway.mjs';

const WANTED = [
  ['overview', '#/overview?period=30d', 'light'],
  ['usage', '#/usage?period=30d', 'dark'],
  ['logs', '#/logs?period=7d', 'light'],
  ['playground', '#/playground?model=gpt-4o', 'dark'],
  ['keys', '#/keys', 'light'],
  ['connect', '#/connect?to=claude-code', 'dark'],
];
const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const data = mkdtempSync(join(tmpdir(), 'openclaw-data-'));
const admin = 'operator-token-of-the-dashboard-tests-0001';
const key = await fill(data, admin);
const around = await surroundings(20);
const gateway = await serve(around, { data, admin });
const browser = await launch();
try {
  for (const [name, hash, theme] of WANTED) {
    const page = await open(browser, gateway, key, { width: 1120, theme });
    await goto(page, gateway, hash);
    if (name === 'playground') {
      await page.getByLabel('Message').fill('Which of our gateways answers first?');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByRole('link', { name: 'Log' }).waitFor();
    }
    await page.waitForLoadState('networkidle').catch(() => {});
    await page.waitForTimeout(400);
    await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
    await page.context().close();
  }
} finally {
  await browser.close();
  await gateway.stop();
  around.stop();
  rmSync(data, { recursive: true, force: true });
}
