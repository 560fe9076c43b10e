// What a browser has to fetch: gzip's bytes of the built scripts.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const DIST = new URL('../dist/dashboard/', import.meta.url).pathname;
const KIB = 1024;
const scripts = readdirSync(join(DIST, 'assets')).filter((name) => name.endsWith('.js'));
const weight = (name) => statSync(join(DIST, 'assets', `${name}.gz`)).size;

/** A script and what it imports at once. */
function needed(name, all = new Set()) {
  if (all.has(name)) return all;
  all.add(name);
  const text = readFileSync(join(DIST, 'assets', name), 'utf8');
  for (const [, file] of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) needed(file, all);
  return all;
}

test('the first page has at most 110 KiB of scripts, all pages together 250', () => {
  const page = readFileSync(join(DIST, 'index.html'), 'utf8');
  // The first script, and what it wants after the paint, which the page names as well.
  const named = [...page.matchAll(/(?:src|href)="\.\/assets\/([^"]+\.js)"/g)].map(([, name]) => name);
  assert.ok(named.some((name) => name.startsWith('main-')), `${named}`);
  const overview = scripts.find((name) => name.startsWith('Overview-'));
  const first = [...[...named, overview].reduce((all, name) => needed(name, all), new Set())].reduce((sum, name) => sum + weight(name), 0);
  const all = scripts.reduce((sum, name) => sum + weight(name), 0);
  console.log(`# scripts: first page ${(first / KIB).toFixed(1)} KiB, all ${(all / KIB).toFixed(1)} KiB`);
  assert.ok(first <= 110 * KIB, `${first}`);
  assert.ok(all <= 250 * KIB, `${all}`);
});

test('nothing is inline', () => {
  const page = readFileSync(join(DIST, 'index.html'), 'utf8');
  assert.ok(!/<style|\sstyle=|\son\w+=|javascript:/i.test(page), page);
  assert.ok([...page.matchAll(/<script([^>]*)>([^<]*)</g)].every(([, attributes, text]) => attributes.includes('src=') && text === ''), page);
});
