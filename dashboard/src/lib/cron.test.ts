import { expect, test } from 'vitest';
import { cronWords } from './cron.ts';

test.each([
  ['0 7 * * *', 'every day at 07:00 (UTC)'],
  ['30 9 * * 1-5', 'on weekdays at 09:30 (UTC)'],
  ['0 8,20 * * *', 'every day at 08:00 and 20:00 (UTC)'],
  ['0 9 * * MON,THU', 'on Monday and Thursday at 09:00 (UTC)'],
  ['0 9 * * 0', 'on Sunday at 09:00 (UTC)'],
  ['0 0 1 * *', 'on day 1 of the month at 00:00 (UTC)'],
  ['0 0 1 1 *', 'on day 1 of the month at 00:00 in January (UTC)'],
  ['*/15 * * * *', 'every 15 minutes (UTC)'],
  ['0 */6 * * *', 'every 6 hours (UTC)'],
  ['5 * * * *', 'at minute 5 of every hour (UTC)'],
  ['* * * * *', 'every minute (UTC)'],
])('%s is %s', (cron, words) => expect(cronWords(cron)).toBe(words));

test('what has no short words stays as it is, with its zone', () => {
  expect(cronWords('0-30/7 3 1 */2 2', 'Asia/Kolkata')).toBe('0-30/7 3 1 */2 2 (Asia/Kolkata)');
  expect(cronWords('nonsense')).toBe('nonsense (UTC)');
});
