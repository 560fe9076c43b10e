// Six small pictures for the README, of demo data: node e2e/pictures.mjs FOLDER
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
/** A picture as WebP, a fifth of its size: the browser writes it. */
async function webp(browser, png) {
  const page = await browser.newPage();
  const encoded = await page.evaluate(async (url) => {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: picture.width, height: picture.height });
    canvas.getContext('2d').drawImage(picture, 0, 0);
    return canvas.toDataURL('image/webp', 0.9);
  }, `data:image/png;base64,${png.toString('base64')}`);
  await page.close();
  return Buffer.from(encoded.split(',')[1], 'base64');
}

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
    writeFileSync(join(folder, `${name}.webp`), await webp(browser, await page.screenshot({ animations: 'disabled' })));
    await page.context().close();
  }
} finally {
  await browser.close();
  await gateway.stop();
  around.stop();
  rmSync(data, { recursive: true, force: true });
}
