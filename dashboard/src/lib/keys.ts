import type { Key } from './types.ts';

export type KeyState = 'active' | 'rotating' | 'expired' | 'revoked';

/** How a key stands: while the secret before a rotation still works, it is `rotating`. */
export function keyState(key: Pick<Key, 'expires_at' | 'previous_secret_expires_at'>, now: number): KeyState {
  if (key.expires_at && Date.parse(key.expires_at) <= now) return 'expired';
  if (key.previous_secret_expires_at && Date.parse(key.previous_secret_expires_at) > now) return 'rotating';
  return 'active';
}
