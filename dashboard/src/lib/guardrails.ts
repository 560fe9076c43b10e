/** What a guardrail is to people: how a form becomes one, and what it finds. */

import { count } from './format.ts';
import type { Guardrail, Pii } from './types.ts';

export const PII: { id: Pii; label: string; about: string }[] = [
  { id: 'email', label: 'E-mail', about: 'addresses' },
  { id: 'phone', label: 'Phone', about: 'numbers with a country code, and North American ones' },
  { id: 'card', label: 'Card', about: 'numbers whose check digit is right' },
  { id: 'iban', label: 'IBAN', about: 'of the right length and check digits' },
  { id: 'secret', label: 'Secret', about: 'API keys of well-known vendors, tokens, private keys' },
];

export interface Form {
  name: string;
  kind: 'search' | 'length';
  on: Guardrail['on'];
  action: Guardrail['action'];
  pii: Pii[];
  /** A pattern a line. */
  patterns: string;
  characters: string;
}

export const form = (guardrail: Guardrail | null): Form => ({
  name: guardrail?.name ?? '',
  kind: guardrail?.max_input_characters == null ? 'search' : 'length',
  on: guardrail?.on ?? 'both',
  action: guardrail?.action ?? 'redact',
  pii: [...(guardrail?.pii ?? [])],
  patterns: (guardrail?.patterns ?? []).join('\n'),
  characters: String(guardrail?.max_input_characters ?? ''),
});

export function guardrail({ name, kind, on, action, pii, patterns, characters }: Form): Guardrail {
  if (kind === 'length') return { name: name.trim(), on: 'input', action: 'block', max_input_characters: Number(characters) };
  const lines = patterns.split('\n').filter((line) => line !== '');
  return { name: name.trim(), on, action, ...(lines.length ? { patterns: lines } : {}), ...(pii.length ? { pii } : {}) };
}

/** `list` with `after` where the guardrail called `before` is, or at its end. */
export function placed(list: Guardrail[], before: string | null, after: Guardrail): Guardrail[] {
  const at = list.findIndex(({ name }) => name === before);
  return at < 0 ? [...list, after] : list.with(at, after);
}

/** `list` with the guardrail called `name` one place up, or down. */
export function moved(list: Guardrail[], name: string, by: 1 | -1): Guardrail[] {
  const at = list.findIndex((one) => one.name === name);
  const [one, other] = [list[at], list[at + by]];
  return one && other ? list.with(at, other).with(at + by, one) : list;
}

/** What it looks for, in a few words each. */
export function finds({ pii = [], patterns = [], max_input_characters }: Guardrail): string[] {
  if (max_input_characters != null) return [`more than ${count(max_input_characters)} characters`];
  const kinds = PII.filter(({ id }) => pii.includes(id)).map(({ label }) => label);
  return patterns.length ? [...kinds, `${count(patterns.length)} ${patterns.length === 1 ? 'pattern' : 'patterns'}`] : kinds;
}
