// Opens a page in headless Chromium, with the key behind `#`, and prints its text as soon as it says
// what it is to say.
'use strict';
const { spawn } = require('node:child_process');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');
const { pathToFileURL } = require('node:url');

const { OPENCLAW_PAGE: page, OPENCLAW_UNTIL: until } = process.env;
const profile = mkdtempSync(join(tmpdir(), 'openclaw-browser-'));
// DevTools' protocol over a pipe: no port, and the browser ends when this process does.
const browser = spawn(
  process.env.OPENCLAW_CHROMIUM,
  [
    '--headless',
    '--no-sandbox', // It may be root who runs this.
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--remote-debugging-pipe',
    `--user-data-dir=${profile}`,
  ],
  { stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'] },
);
const [write, read] = [browser.stdio[3], browser.stdio[4]];
const answers = new Map();
let calls = 0;
let rest = '';
read.setEncoding('utf8').on('data', (piece) => {
  const messages = (rest + piece).split('\0');
  rest = messages.pop();
  for (const { id, result, error } of messages.map((text) => JSON.parse(text))) {
    answers.get(id)?.(error ? Promise.reject(new Error(error.message)) : result);
  }
});

function call(method, params, sessionId) {
  const id = ++calls;
  write.write(JSON.stringify({ id, method, params, sessionId }) + '\0');
  return new Promise((answer) => answers.set(id, answer));
}

async function main() {
  const url = `${pathToFileURL(resolve(page)).href}#${process.env.OPENCLAW_API_KEY}`;
  const { targetId } = await call('Target.createTarget', { url });
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
  for (const start = Date.now(); ; ) {
    const expression = 'document.documentElement.innerText';
    const { result } = await call('Runtime.evaluate', { expression }, sessionId);
    if (result.value?.includes(until)) return result.value;
    if (Date.now() - start > 30_000) throw new Error(`the page says: ${result.value}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

const ended = new Promise((end) => browser.on('exit', end));
main()
  .then((text) => console.log(text), (error) => { console.error(error); process.exitCode = 1; })
  .finally(async () => {
    await Promise.race([call('Browser.close'), ended]);
    setTimeout(() => browser.kill('SIGKILL'), 5000).unref();
    await ended;
    rmSync(profile, { recursive: true, force: true });
  });
