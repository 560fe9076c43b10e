import { describe, expect, test } from 'vitest';
import { bytes, change, day, duration, money, percent, points, relative, short, utc } from './format.ts';

test('money shows cents for sums and more digits for what costs less', () => {
  expect([0, 0.0000001, 0.000012, 0.0042, 0.42, 1.5, 12345.678].map(money)).toEqual(['$0.00', '<$0.000001', '$0.000012', '$0.0042', '$0.42', '$1.50', '$12,345.68']);
});

test('a rate that is not whole is not rounded to it', () => {
  expect(percent(99_999, 100_000)).toBe('99.9%');
  expect(percent(100, 100)).toBe('100%');
  expect(percent(0, 100)).toBe('0%');
  expect(percent(0, 0)).toBe('N/A');
});

test('numbers, sizes and times are short', () => {
  expect([999, 9999, 12_345, 4_200_000].map(short)).toEqual(['999', '9,999', '12.3K', '4.2M']);
  expect([12, 1536, 5 * 1024 ** 2].map(bytes)).toEqual(['12 B', '1.5 KiB', '5.0 MiB']);
  expect([84, 1240, 12_400, 200_000, 7_300_000, 90_000_000].map(duration)).toEqual(['84 ms', '1.24 s', '12.4 s', '3 m 20 s', '2 h 1 m', '1 d 1 h']);
});

test('days and instants are UTC, whatever zone the reader is in', () => {
  expect(day('2026-02-28')).toBe('28 Feb');
  expect(utc('2026-02-28T23:30:00+05:30')).toBe('2026-02-28 18:00:00 UTC');
});

describe('changes', () => {
  test('have a direction', () => {
    expect(change(110, 100)).toEqual({ text: '+10%', direction: 'up' });
    expect(change(95.5, 100)).toEqual({ text: '−4.5%', direction: 'down' });
    expect(change(100, 100)).toEqual({ text: 'no change', direction: 'same' });
  });
  test('of a share are points', () => {
    expect(points(0.994, 0.981)).toEqual({ text: '+1.3 pts', direction: 'up' });
    expect(points(0.5, 0.5).text).toBe('no change');
  });
  test('need something to compare with', () => {
    expect(change(5, 0)).toBeNull();
    expect(change(5, undefined)).toBeNull();
  });
});

test('what was a moment ago is just now', () => {
  expect(relative(1000, 3000)).toBe('just now');
  expect(relative(0, 180_000)).toBe('3 minutes ago');
  expect(relative(7_200_000, 0)).toBe('in 2 hours');
});
