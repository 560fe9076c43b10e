/** What may go wrong, and how the API says so. Every error of this library is an `OpenClawError`. */

const SECRETS: [RegExp, string][] = [
  [/\boc_(live|test)_[\w-]+/g, 'oc_$1_…'],
  [/\bwhsec_[\w+/=-]+/g, 'whsec_…'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'eyJ…'],
];

/** `text` without keys, tokens and webhooks' secrets. */
export function redact(text: string): string {
  return SECRETS.reduce((so, [secret, mark]) => so.replace(secret, mark), text);
}

export class OpenClawError extends Error {
  constructor(message: string, cause?: unknown) {
    super(redact(message), cause === undefined ? undefined : { cause });
    this.name = 'OpenClawError';
  }
}

/** The API answered with an error. */
export class APIError extends OpenClawError {
  /** The API's own code, such as `rate_limit_exceeded`; the field of the error table, not a number. */
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly param: string | undefined;
  readonly details: Record<string, unknown> | undefined;
  /** What to name in a report; the server's log has it, too. */
  readonly requestId: string | undefined;
  /** Seconds that the server asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly status: number,
    readonly headers: Headers,
    error: Record<string, any>,
  ) {
    const id = headers.get('x-request-id') ?? undefined;
    super(withRequest(error.message ?? `HTTP ${status}`, id));
    this.name = 'APIError';
    this.code = error.code;
    this.type = error.type;
    this.param = error.param ?? undefined;
    this.details = error.details;
    this.requestId = id;
    this.retryAfter = retryAfter(headers);
  }
}

const named = (name: string) =>
  class extends APIError {
    constructor(status: number, headers: Headers, error: Record<string, any>) {
      super(status, headers, error);
      this.name = name;
    }
  };

/** The request is wrong: 400, 405, 413, 415, 416, 422. `param` or `details` name the field. */
export class InvalidRequestError extends named('InvalidRequestError') {}
/** No key, or a wrong, revoked or expired one: 401. */
export class AuthenticationError extends named('AuthenticationError') {}
/** The budget of the key or the account is used up: 402. */
export class BudgetExceededError extends named('BudgetExceededError') {}
/** The key may not do this: 403. */
export class PermissionDeniedError extends named('PermissionDeniedError') {}
/** No such thing: 404. */
export class NotFoundError extends named('NotFoundError') {}
/** Changed meanwhile, or an idempotency key used otherwise: 409. */
export class ConflictError extends named('ConflictError') {}
/** Too many requests: 429. `retryAfter` says when the next one is let through. */
export class RateLimitError extends named('RateLimitError') {}
/** The API failed: 5xx. */
export class ServerError extends named('ServerError') {}
/** The model's provider failed, after the gateway's own retries and fallbacks: 502, 503, 504. */
export class ProviderError extends named('ProviderError') {}

/** The API could not be reached, or the connection broke. */
export class ConnectionError extends OpenClawError {
  constructor(message: string, cause?: unknown) {
    super(message, cause);
    this.name = 'ConnectionError';
  }
}

/** Nothing came for too long. */
export class TimeoutError extends ConnectionError {
  constructor(message: string) {
    super(message);
    this.name = 'TimeoutError';
  }
}

/** The caller's own `AbortSignal` ended it. */
export class AbortError extends OpenClawError {
  constructor(cause?: unknown) {
    super('The request was aborted', cause);
    this.name = 'AbortError';
  }
}

/** A stream broke off. What it said until then is in `partial`, why in `cause` and, by the API, `code`. */
export class StreamInterruptedError extends OpenClawError {
  readonly code: string | undefined;
  constructor(
    message: string,
    readonly partial: string,
    readonly requestId?: string,
    cause?: unknown,
  ) {
    super(withRequest(message, requestId), cause);
    this.name = 'StreamInterruptedError';
    this.code = cause instanceof APIError ? cause.code : undefined;
  }
}

/** A webhook that does not come from the API, is too old, or was changed on its way. */
export class WebhookVerificationError extends OpenClawError {
  constructor(message: string) {
    super(message);
    this.name = 'WebhookVerificationError';
  }
}

function withRequest(message: string, id: string | undefined): string {
  return !id || message.includes(id) ? message : `${message} (request ${id})`;
}

/** Seconds of `Retry-After`, which is a number or a date. */
function retryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after');
  if (!text) return undefined;
  const seconds = /^[\d.]+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

const BY_STATUS: Record<number, typeof InvalidRequestError> = {
  401: AuthenticationError,
  402: BudgetExceededError,
  403: PermissionDeniedError,
  404: NotFoundError,
  409: ConflictError,
  429: RateLimitError,
};

/** The error that an answer's status, headers and body tell. */
export function apiError(status: number, headers: Headers, body: string): APIError {
  let error: Record<string, any> | undefined;
  try {
    error = JSON.parse(body)?.error;
  } catch {
    // A proxy's page: its status says enough.
  }
  if (typeof error !== 'object' || error === null) error = {};
  return errorOf(status, headers, error);
}

/** The error of an object `error` that came in an answer, an event or a frame. */
export function errorOf(status: number, headers: Headers, error: Record<string, any>): APIError {
  const code = String(error.code ?? '');
  const kind =
    BY_STATUS[status] ??
    (code.startsWith('provider_') ? ProviderError : status >= 500 ? ServerError : InvalidRequestError);
  return new kind(status, headers, error);
}
