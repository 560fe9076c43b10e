import { expect, test } from 'vitest';
import { OTHER, stack } from './series.ts';
import type { Usage } from './types.ts';

const sums = (requests: number) => ({ requests, tokens: requests * 10, cost: requests / 100, errors: 0, interrupted: 0, prompt_tokens: 0, completion_tokens: 0 });
const groups = Array.from({ length: 10 }, (_, at) => ({ model: `m${at}`, ...sums(10 - at) }));
const usage = {
  start: '2026-02-27T22:00:00Z',
  end: '2026-03-01T01:00:00Z',
  groups,
  intervals: [
    { start: '2026-02-27T00:00:00Z', ...sums(1), groups: [{ model: 'm0', ...sums(1) }] },
    { start: '2026-03-01T00:00:00Z', ...sums(54), groups: groups.map((group) => (group.model === 'm0' ? { ...group, ...sums(9) } : group)) },
  ],
} as unknown as Usage;

test('the eight largest have a name each, the rest is one', () => {
  const { names, labels, values, totals } = stack(usage, 'model', 'requests', false);
  expect(names).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', OTHER]);
  expect(labels).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
  expect(values[0]).toEqual([1, 0, 9]);
  expect(values[8]).toEqual([0, 0, 3]);
  expect(totals).toEqual([1, 0, 54]);
});

test('the bars together are the groups together', () => {
  const { totals } = stack(usage, 'model', 'requests', false);
  const whole = groups.reduce((sum, { requests }) => sum + requests, 0);
  expect(totals.reduce((a, b) => a + b, 0)).toBe(whole);
});

test('hours are those of the span, also without requests', () => {
  const { labels } = stack({ ...usage, end: '2026-02-28T00:00:00Z', intervals: [] } as unknown as Usage, 'model', 'cost', true);
  expect(labels).toEqual(['2026-02-27T22:00:00Z', '2026-02-27T23:00:00Z']);
});
