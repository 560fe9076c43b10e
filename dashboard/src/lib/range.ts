/** The time range of a page, from its address: `period`, or `start` and `end` (whole UTC hours). */

export const PERIODS = ['24h', '7d', '30d', '90d'] as const;
export type Period = (typeof PERIODS)[number];

export interface Range {
  period: Period | 'custom';
  start?: string;
  end?: string;
}

export function rangeOf(query: URLSearchParams, usual: Period = '7d'): Range {
  const start = query.get('start');
  if (start && !Number.isNaN(Date.parse(start))) return { period: 'custom', start, end: query.get('end') ?? undefined };
  const period = query.get('period') as Period;
  return { period: PERIODS.includes(period) ? period : usual };
}

/** The range as parameters of the API. */
export function asked(range: Range): Record<string, string | undefined> {
  return range.period === 'custom' ? { start: range.start, end: range.end } : { period: range.period };
}

/** Its beginning and end as times, for what takes no `period`. */
export function bounds(range: Range, now = Date.now()): { start: string; end?: string } {
  if (range.period === 'custom') return { start: range.start ?? '', end: range.end };
  const hours = { '24h': 24, '7d': 168, '30d': 720, '90d': 2160 }[range.period];
  const hour = 3_600_000;
  return { start: new Date(Math.floor(now / hour) * hour - hours * hour).toISOString() };
}

/** Every UTC day from `start` to `end` (exclusive), also those without requests. */
export function daysBetween(start: string, end: string): string[] {
  const days = [];
  const last = Date.parse(end);
  for (let at = Date.parse(`${start.slice(0, 10)}T00:00:00Z`); at < last; at += 86_400_000) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

/** Every UTC hour likewise, as RFC 3339. */
export function hoursBetween(start: string, end: string): string[] {
  const hours = [];
  const last = Date.parse(end);
  for (let at = Date.parse(start); at < last; at += 3_600_000) hours.push(new Date(at).toISOString().replace('.000Z', 'Z'));
  return hours;
}
