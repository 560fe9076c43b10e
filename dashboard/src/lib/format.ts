/** How numbers, money and times read. Everything about days is UTC, as the API counts them. */

export const PENDING = '–';

const integer = new Intl.NumberFormat('en-US');
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

export function count(value: number): string {
  return integer.format(value);
}

/** `12.3K` from ten thousand on: short enough for a figure. */
export function short(value: number): string {
  return Math.abs(value) < 10_000 ? integer.format(value) : compact.format(value);
}

/** Dollars with as many digits as say something: cents for sums, more for what costs less than a cent. */
export function money(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '$0.00';
  if (size < 0.000_001) return `${value < 0 ? '−' : ''}<$0.000001`;
  const digits = size >= 1 ? 2 : size >= 0.01 ? 4 : 6;
  const text = new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: digits,
  }).format(value);
  return text;
}

export function percent(part: number, whole: number, digits = 1): string {
  if (whole === 0) return 'N/A';
  const value = (part / whole) * 100;
  // What is not whole must not be rounded up to it.
  const shown = value < 100 && value > 100 - 0.5 * 10 ** -digits ? 100 - 10 ** -digits : value;
  return `${shown.toFixed(shown === 0 || shown === 100 ? 0 : digits)}%`;
}

export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Milliseconds: `84 ms`, `1.24 s`, `3 m 20 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} m`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

/** `in 3 days`, `12 s ago`. */
export function relative(time: string | number | Date, now = Date.now()): string {
  const seconds = (new Date(time).getTime() - now) / 1000;
  const size = Math.abs(seconds);
  const [value, unit]: [number, Intl.RelativeTimeFormatUnit] =
    size < 60 ? [seconds, 'second'] : size < 3600 ? [seconds / 60, 'minute'] : size < 86_400 ? [seconds / 3600, 'hour'] : [seconds / 86_400, 'day'];
  if (size < 5) return 'just now';
  return new Intl.RelativeTimeFormat('en', { numeric: 'always', style: unit === 'second' ? 'narrow' : 'long' }).format(
    Math.trunc(value),
    unit,
  );
}

const local = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});

/** The reader's own time; the tooltip has UTC. */
export function dateTime(time: string | number | Date): string {
  return local.format(new Date(time));
}

/** `2026-02-28 09:30:00 UTC` */
export function utc(time: string | number | Date): string {
  return new Date(time).toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}

/** A UTC day, such as `28 Feb` of `2026-02-28`. */
export function day(date: string): string {
  const [, month, number] = date.split('-').map(Number);
  const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  return `${number} ${names[(month ?? 1) - 1]}`;
}

/** The change of a figure against the period before; `null` where there is nothing to compare with. */
export function change(now: number, before: number | undefined): { text: string; direction: 'up' | 'down' | 'same' } | null {
  if (before === undefined || before === 0) return null;
  const value = ((now - before) / before) * 100;
  if (Math.abs(value) < 0.05) return { text: 'no change', direction: 'same' };
  const digits = Math.abs(value) < 10 ? 1 : 0;
  return { text: `${value > 0 ? '+' : '−'}${Math.abs(value).toFixed(digits)}%`, direction: value > 0 ? 'up' : 'down' };
}

/** The change of a share, in points of a hundred. */
export function points(now: number, before: number): { text: string; direction: 'up' | 'down' | 'same' } {
  const value = (now - before) * 100;
  if (Math.abs(value) < 0.05) return { text: 'no change', direction: 'same' };
  return { text: `${value > 0 ? '+' : '−'}${Math.abs(value).toFixed(1)} pts`, direction: value > 0 ? 'up' : 'down' };
}
