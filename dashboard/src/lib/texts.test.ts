import { expect, test } from 'vitest';
import { targets } from './connect.ts';
import { csv } from './csv.ts';
import { nodes } from './graph.ts';
import { keyState } from './keys.ts';
import { bounds, rangeOf } from './range.ts';
import { LANGUAGES, chat, python, shell } from './samples.ts';

test('a shell sees a text as it is, quotes included', () => {
  expect(shell(`it's "$HOME"`)).toBe(`'it'\\''s "$HOME"'`);
});

test('literals of Python are not those of JSON', () => {
  expect(python({ a: true, b: null, c: ['true'] })).toBe('{"a": True, "b": None, "c": ["true"]}');
});

test('each sample has the address, the key and the model', () => {
  for (const language of LANGUAGES) {
    const text = chat(language, { origin: 'https://gateway.test/x', key: 'oc_live_1', body: { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }], stream: true } });
    for (const part of ['https://gateway.test/x/v1', 'oc_live_1', 'gpt-4o', 'Hi']) expect(text, language).toContain(part);
  }
});

test('everything to connect has the address and the key', () => {
  for (const { id, text } of targets('https://gateway.test', 'oc_live_1', 'gpt-4o')) {
    expect(text, id).toContain('https://gateway.test');
    expect(text, id).toContain('oc_live_1');
  }
});

test('a spreadsheet gets text, never a formula', () => {
  expect(csv([['a', 'b'], ['=1+1', 'say "x"'], [-1.5, 'x,y']])).toBe('a,b\r\n\'=1+1,"say ""x"""\r\n-1.5,"x,y"\r\n');
});

test('a key rotates until the secret before ends', () => {
  const at = Date.parse('2026-03-01T00:00:00Z');
  const key = (expires_at: string | null, previous: string | null) => keyState({ expires_at, previous_secret_expires_at: previous }, at);
  expect(key(null, null)).toBe('active');
  expect(key(null, '2026-03-02T00:00:00Z')).toBe('rotating');
  expect(key(null, '2026-02-02T00:00:00Z')).toBe('active');
  expect(key('2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z')).toBe('expired');
});

test('a range is a period, or two whole hours', () => {
  const read = (text: string) => rangeOf(new URLSearchParams(text));
  expect(read('period=30d')).toEqual({ period: '30d' });
  expect(read('period=2y')).toEqual({ period: '7d' });
  expect(read('start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:00Z&period=7d')).toEqual({ period: 'custom', start: '2026-03-01T00:00:00Z', end: '2026-03-02T00:00:00Z' });
  expect(bounds({ period: '24h' }, Date.parse('2026-03-02T10:30:00Z'))).toEqual({ start: '2026-03-01T10:00:00.000Z' });
});

test('a graph has every step, with what it stands in', () => {
  const steps = [{ id: 'a', type: 'http', url: 'https://x.test' }, { type: 'condition', if: '{{ x }}', then: [{ id: 't', type: 'wait', seconds: 5 }], else: [{ type: 'transform', value: 1 }] }, { id: 'p', type: 'parallel', branches: [[{ id: 'l', type: 'wait', event: 'go' }]] }];
  expect(nodes(steps).map(({ id, depth, branch, about }) => [id, depth, branch, about])).toEqual([
    ['a', 0, '', 'GET https://x.test'],
    ['step_2', 0, '', '{{ x }}'],
    ['t', 1, 'then', '5 s'],
    ['step_4', 1, 'else', ''],
    ['p', 0, '', ''],
    ['l', 1, 'branch 1', 'for go'],
  ]);
});
