import type { Key, Usage } from './types.ts';

/** The names of a usage report's keys, by id: of all that are still there, however many there are. */
export const keyNames = (usage: Usage | undefined): Record<string, string> =>
  Object.fromEntries((usage?.by_key ?? []).flatMap(({ key, key_name }) => (key_name ? [[key, key_name]] : [])));

export type KeyState = 'active' | 'rotating' | 'expired' | 'revoked';

/** How a key stands: while the secret before a rotation still works, it is `rotating`. */
export function keyState(key: Pick<Key, 'expires_at' | 'previous_secret_expires_at'>, now: number): KeyState {
  if (key.expires_at && Date.parse(key.expires_at) <= now) return 'expired';
  if (key.previous_secret_expires_at && Date.parse(key.previous_secret_expires_at) > now) return 'rotating';
  return 'active';
}
