import type { Scope } from './types.ts';

/** What each scope opens, in words. */
export const SCOPES: { id: Scope; about: string }[] = [
  { id: 'chat', about: 'Ask models: chat, messages, responses, embeddings, and the WebSocket' },
  { id: 'models', about: 'See which models there are and what they cost' },
  { id: 'skills', about: 'Install, change and execute skills; the MCP server' },
  { id: 'workflows', about: 'Define workflows, run them, see runs' },
  { id: 'files', about: 'Upload, read and delete files' },
  { id: 'analytics', about: 'Read usage, cost and the request log' },
  { id: 'webhooks', about: 'Manage webhooks and see deliveries' },
  { id: 'admin', about: 'Everything above, and keys: make, rotate and revoke them' },
];
