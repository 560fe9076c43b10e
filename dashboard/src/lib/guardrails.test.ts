import { describe, expect, it } from 'vitest';
import { finds, form, guardrail, moved, placed } from './guardrails.ts';
import type { Guardrail } from './types.ts';

const personal: Guardrail = { name: 'personal data', on: 'both', action: 'redact', pii: ['email', 'card'] };
const plans: Guardrail = { name: 'plans', on: 'output', action: 'block', patterns: ['(?i)titan', 'a b '] };
const length: Guardrail = { name: 'length', on: 'input', action: 'block', max_input_characters: 50_000 };

describe('guardrails', () => {
  it('come out of the form as they went in', () => {
    for (const one of [personal, plans, length]) expect(guardrail(form(one))).toEqual(one);
  });

  it('of length look at input, block, and have nothing to find', () => {
    const changed = { ...form(personal), kind: 'length' as const, characters: '10' };
    expect(guardrail(changed)).toEqual({ name: 'personal data', on: 'input', action: 'block', max_input_characters: 10 });
  });

  it('leave empty lines out and keep spaces', () => {
    expect(guardrail({ ...form(plans), patterns: 'x y\n\n z\n' }).patterns).toEqual(['x y', ' z']);
  });

  it('are put in place, or at the end', () => {
    expect(placed([personal, plans], 'personal data', length)).toEqual([length, plans]);
    expect(placed([personal], null, plans)).toEqual([personal, plans]);
    // Somebody removed it meanwhile.
    expect(placed([plans], 'personal data', personal)).toEqual([plans, personal]);
  });

  it('move by one place, and no further than the ends', () => {
    expect(moved([personal, plans], 'plans', -1)).toEqual([plans, personal]);
    expect(moved([personal, plans], 'plans', 1)).toEqual([personal, plans]);
    expect(moved([personal, plans], 'personal data', -1)).toEqual([personal, plans]);
    expect(moved([personal, plans], 'gone', 1)).toEqual([personal, plans]);
  });

  it('say what they find', () => {
    expect(finds(personal)).toEqual(['E-mail', 'Card']);
    expect(finds(plans)).toEqual(['2 patterns']);
    expect(finds(length)).toEqual(['more than 50,000 characters']);
  });
});
