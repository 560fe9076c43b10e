/** Who is signed in. Only a token is kept, and only for this tab; the key that it was made from is not. */

import { OpenClawClient } from '@openclaw/client';
import type { Account, Scope } from './types.ts';

const STORED = 'openclaw.token';

/** Where the API is: beside the dashboard, whatever prefix a proxy puts before both. */
export const baseURL = new URL('../v1', document.baseURI).href;
export const origin = new URL('..', document.baseURI).href.replace(/\/$/, '');

/** Seconds that a session lasts. */
const LIFETIME = 8 * 3600;

interface Stored {
  token: string;
  expires_at: string;
  operator?: boolean;
}

function stored(): Stored | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(STORED) ?? 'null') as Stored | null;
    return found && Date.parse(found.expires_at) > Date.now() ? found : null;
  } catch {
    return null;
  }
}

/** Whether a token is the operator's, by the audience that it names. Only pages are chosen by it: the server knows. */
export function isOperator(token: string): boolean {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    return (JSON.parse(atob(payload)) as { aud?: string }).aud === 'openclaw-operator';
  } catch {
    return false;
  }
}

class Session {
  token = $state.raw<Stored | null>(stored());
  account = $state.raw<Account | null>(null);
  /** A request was answered 401: the page stays, and a dialog asks for a key. */
  expired = $state(false);
  /** Goes up with each sign-in: what failed for want of one is asked again. */
  epoch = $state(0);
  /** The minute's requests, as the last answer told. */
  quota = $state.raw<{ limit: number; remaining: number; reset: number } | null>(null);

  get isOperator(): boolean {
    return this.token?.operator ?? false;
  }

  has(scope: Scope): boolean {
    if (this.isOperator) return false;
    const scopes = this.account?.scopes ?? [];
    return scopes.includes(scope) || scopes.includes('admin');
  }

  /** Exchanges a key, or the code of a sign-in link. */
  async signIn(secret: string): Promise<void> {
    const client = new OpenClawClient({ apiKey: secret, baseURL, maxRetries: 0, dangerouslyAllowBrowser: true });
    const body = { api_key: secret, expires_in: LIFETIME, manage_keys: true };
    const made = await client.request<{ token: string; expires_at: string }>('POST', '/auth/token', { body });
    const token = { token: made.token, expires_at: made.expires_at, operator: isOperator(made.token) };
    sessionStorage.setItem(STORED, JSON.stringify(token));
    this.token = token;
    // Where a session goes on, the page stays as it is until the account is read again.
    if (!this.expired) this.account = null;
    this.expired = false;
    this.epoch += 1;
  }

  signOut(): void {
    sessionStorage.removeItem(STORED);
    this.token = null;
    this.account = null;
    this.expired = false;
    this.quota = null;
  }

  /** Notes what an answer's headers say of the minute. */
  seen(headers: Headers): void {
    const number = (name: string) => {
      const text = headers.get(name);
      return text === null ? NaN : Number(text);
    };
    const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => number(`x-ratelimit-${name}`)) as [
      number,
      number,
      number,
    ];
    if (Number.isFinite(limit) && Number.isFinite(remaining)) this.quota = { limit, remaining, reset };
  }
}

export const session = new Session();
