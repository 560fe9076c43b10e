/** Whose guardrails there are, and how each list is read and written. */

import { get, patch, put } from './api.ts';
import type { Configuration, Guardrail, ManagedAccount } from './types.ts';

/** Where a list of guardrails is kept. */
export interface Source {
  /** As a heading says it. */
  whose: string;
  load: (signal?: AbortSignal) => Promise<Guardrail[]>;
  /** Replaces the list by what `change` makes of the one that is there now. */
  save: (change: (now: Guardrail[]) => Guardrail[]) => Promise<Guardrail[]>;
}

interface Listed {
  guardrails: Guardrail[];
}

/** Those of the account that is signed in. */
export const own: Source = {
  whose: 'this account',
  load: async (signal) => (await get<Listed>('/account/guardrails', {}, { signal })).guardrails,
  save: async (change) => (await put<Listed>('/account/guardrails', { guardrails: change(await own.load()) })).guardrails,
};

/** Those of all accounts, for the operator: a section of the configuration. */
export const everybodys: Source = {
  whose: 'all accounts',
  load: async (signal) => effective(await get<Configuration>('/config', {}, { signal })),
  async save(change) {
    const now = await get<Configuration>('/config');
    const config = { ...now.config, guardrails: change(effective(now)) };
    return effective(await put<Configuration>('/config', { version: now.version, config }));
  },
};

const effective = ({ effective }: Configuration): Guardrail[] => (effective as Partial<Listed>).guardrails ?? [];

/** Those of one account, for the operator. */
export function ofAccount(id: string): Source {
  const path = `/accounts/${encodeURIComponent(id)}`;
  const source: Source = {
    whose: id,
    async load(signal) {
      const account = await get<ManagedAccount>(path, {}, { signal });
      source.whose = account.name;
      return account.guardrails ?? [];
    },
    save: async (change) => (await patch<ManagedAccount>(path, { guardrails: change(await source.load()) })).guardrails ?? [],
  };
  return source;
}
