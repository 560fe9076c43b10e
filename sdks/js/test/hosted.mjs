// The same cases where there is no process: `node hosted.mjs workerd`, with miniflare in OPENCLAW_WRANGLER_MODULES, and
// `node hosted.mjs chromium`, with OPENCLAW_CHROMIUM. Prints a line of TAP for each.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { cases, startServer } from './scripted.mjs';

async function bundle(file, format) {
  const entryPoints = [fileURLToPath(new URL(file, import.meta.url))];
  const { outputFiles } = await build({ entryPoints, format, bundle: true, write: false, target: 'es2022' });
  return outputFiles[0].text;
}

/** A Worker of its own: the case and the server's address are posted to it. */
async function workerd() {
  const require = createRequire(join(process.env.OPENCLAW_WRANGLER_MODULES, 'modules.js'));
  const { Miniflare, convertV4MiniflareOptions } = require('miniflare');
  const modules = [{ type: 'ESModule', path: 'worker.mjs', contents: await bundle('worker.mjs', 'esm') }];
  const workers = [{ name: 'cases', modules, compatibilityDate: '2026-11-01' }];
  const miniflare = new Miniflare(convertV4MiniflareOptions({ workers }));
  const run = async (one, server) =>
    (
      await miniflare.dispatchFetch('http://localhost/', { method: 'POST', body: JSON.stringify({ one, server }) })
    ).text();
  return { run, stop: () => miniflare.dispose() };
}

/** A page at the server's own address: what another one may ask is the server's to say. */
async function browser(address) {
  const { chromium } = await import('playwright-core');
  const launched = await chromium.launch({
    executablePath: process.env.OPENCLAW_CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const page = await launched.newPage();
  await page.goto(`${address}/js-chromium/create/page/faults`);
  await page.addScriptTag({ content: await bundle('page.mjs', 'iife') });
  const run = (one, server) => page.evaluate(([one, server]) => globalThis.runCase(one, server), [one, server]);
  return { run, stop: () => launched.close() };
}

const [, , name] = process.argv;
const server = await startServer();
const host = await { workerd, chromium: browser }[name](server.address);
const left = [...cases];
async function runSome() {
  for (let one = left.shift(); one; one = left.shift()) {
    const wrong = await host.run(one, `${server.address}/js-${name}`).catch((error) => String(error.stack));
    console.log(`${wrong ? 'not ok' : 'ok'} - ${one.id}: ${one.about}${wrong && `\n${wrong}`}`);
  }
}
await Promise.all(Array.from({ length: 4 }, runSome));
await host.stop();
server.stop();
