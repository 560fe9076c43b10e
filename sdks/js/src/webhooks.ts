/** Verifies webhooks by the Standard Webhooks specification: https://www.standardwebhooks.com */
import { WebhookVerificationError } from './errors.js';

export interface WebhookEvent {
  type: string;
  timestamp: string;
  data: Record<string, any>;
}

type HeadersLike = Headers | Record<string, string | string[] | undefined>;

/**
 * The event of a request whose signature is right and at most `tolerance` seconds (300) old.
 * `body` is what came, before anything parsed it; `secret` is one, or several during a rotation.
 */
export async function verifyWebhook(
  body: string | Uint8Array | ArrayBuffer,
  headers: HeadersLike,
  secret: string | string[],
  { tolerance = 300 }: { tolerance?: number } = {},
): Promise<WebhookEvent> {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : toBytes(body);
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const signatures = header(headers, 'webhook-signature').split(' ');
  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!/^\d+$/.test(timestamp) || !(age <= tolerance)) {
    throw new WebhookVerificationError('The timestamp of the webhook is too far from now');
  }
  const signed = concat(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const given = signatures
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => decodeBase64(signature.slice(3)));
  for (const one of [secret].flat()) {
    const secretBytes = decodeBase64(one.replace(/^whsec_/, ''));
    if (!secretBytes.length) throw new WebhookVerificationError('The secret is not one of a webhook');
    const key = await crypto.subtle.importKey('raw', secretBytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    for (const signature of given) {
      // WebCrypto compares in constant time.
      if (await crypto.subtle.verify('HMAC', key, signature, signed)) {
        return JSON.parse(new TextDecoder().decode(bytes));
      }
    }
  }
  throw new WebhookVerificationError('The signature of the webhook is wrong');
}

function toBytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new WebhookVerificationError(
    'The body of a webhook must be the bytes or text that came, not what a parser made of them: ' +
      'take `await request.text()`, or express.raw() in place of express.json()',
  );
}

function header(headers: HeadersLike, name: string): string {
  const value =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).find(([other]) => other.toLowerCase() === name)?.[1];
  const text = Array.isArray(value) ? value[0] : value;
  if (!text) throw new WebhookVerificationError(`The webhook has no header ${name}`);
  return text;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
