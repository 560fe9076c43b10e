/** Bars from the usage report: the eight largest groups and the rest, in every interval. */

import type { Sums, Usage } from './types.ts';
import { daysBetween, hoursBetween } from './range.ts';

export type Measure = 'cost' | 'requests' | 'tokens' | 'errors';
export type GroupBy = 'model' | 'key' | 'provider';
export const OTHER = 'Other';
const TOP = 8;

export interface Stack {
  /** A UTC day (`2026-02-28`) or hour (RFC 3339). */
  labels: string[];
  names: string[];
  /** By name, then by label. */
  values: number[][];
  totals: number[];
}

const nameOf = (group: Record<string, unknown>, by: GroupBy): string => String(group[by] ?? '') || 'none';

interface Interval extends Sums {
  start: string;
  groups?: (Sums & Record<string, unknown>)[];
}

export function stack(usage: Usage, by: GroupBy, measure: Measure, hourly: boolean): Stack {
  const labels = hourly ? hoursBetween(usage.start, usage.end) : daysBetween(usage.start, usage.end);
  const intervals = (usage.intervals ?? []) as Interval[];
  const groups = (usage.groups ?? usage[`by_${by}`] ?? []) as (Sums & Record<string, unknown>)[];
  const ranked = [...groups].sort((a, b) => b[measure] - a[measure]).map((group) => nameOf(group, by));
  const top = ranked.slice(0, TOP);
  const names = ranked.length > TOP ? [...top, OTHER] : top;
  const values = names.map(() => labels.map(() => 0));
  const at = new Map(labels.map((label, index) => [label, index]));
  for (const interval of intervals) {
    const label = at.get(hourly ? interval.start : interval.start.slice(0, 10));
    if (label === undefined) continue;
    for (const group of interval.groups ?? []) {
      const place = names.indexOf(nameOf(group, by));
      const row = values[place === -1 ? names.length - 1 : place];
      if (row) row[label] = (row[label] ?? 0) + group[measure];
    }
  }
  const totals = labels.map((_, label) => values.reduce((sum, row) => sum + (row[label] ?? 0), 0));
  return { labels, names, values, totals };
}
