/** The client library of the OpenClaw API. Begin with `OpenClawClient`. */
export { type ClientOptions, type Credential, OpenClawClient } from './client.js';
export {
  AbortError,
  APIError,
  AuthenticationError,
  BudgetExceededError,
  ConflictError,
  ConnectionError,
  InvalidRequestError,
  NotFoundError,
  OpenClawError,
  PermissionDeniedError,
  ProviderError,
  RateLimitError,
  ServerError,
  StreamInterruptedError,
  TimeoutError,
  WebhookVerificationError,
} from './errors.js';
export type { Uploadable, UploadParams, WaitOptions } from './files.js';
export type { List, Page } from './list.js';
export type { APIPromise } from './promise.js';
export type { ChatStream } from './stream.js';
export type { Outcome, RequestOptions, ResponseInfo, Timeouts } from './transport.js';
export type * from './types.js';
export { VERSION } from './version.js';
export { verifyWebhook, type WebhookEvent } from './webhooks.js';
export type { ConnectOptions, OpenClawSocket, ServerFrame, SocketCall } from './ws.js';
