/** What the API says, as far as the pages look at it. Money is in dollars, times are RFC 3339. */

export interface List<T> {
  object: 'list';
  data: T[];
  has_more: boolean;
}

export type Scope = 'chat' | 'models' | 'skills' | 'workflows' | 'files' | 'analytics' | 'webhooks' | 'admin';

export interface Account {
  id: string;
  name: string;
  tier: string;
  scopes: Scope[];
  rate_limit: { limit: number; remaining: number; reset: string };
  budget: { monthly: number | null; spent: number; resets_at: string };
  key: { id: string; name: string };
}

/** An account as the operator sees it. */
export interface ManagedAccount {
  id: string;
  name: string;
  tier: string;
  rate_limit: number | null;
  monthly_budget: number | null;
  status: 'active' | 'suspended';
  guardrails?: Guardrail[];
  created_at: string;
}

export type Pii = 'email' | 'phone' | 'card' | 'iban' | 'secret';

/** A rule about what goes into chats and comes out of them. */
export interface Guardrail {
  name: string;
  on: 'input' | 'output' | 'both';
  action: 'block' | 'redact';
  patterns?: string[];
  pii?: Pii[];
  max_input_characters?: number | null;
}

/** A provider as the operator sees it: its row of the configuration, and where that stands. */
export interface Provider {
  id: string;
  object: string;
  source: 'runtime' | 'file' | 'built_in';
  has_sealed_key?: boolean | null;
  base_url?: string;
  dialect?: string;
  api_key_env?: string;
  [more: string]: unknown;
}

export interface ProviderTest {
  provider: string;
  model: string;
  ok: boolean;
  duration_ms: number;
  error: { code?: string; message?: string } | null;
}

export interface Configuration {
  version: number;
  updated_at: string | null;
  file: unknown;
  config: Record<string, unknown>;
  effective: unknown;
  sealed_keys: string[];
}

export interface ConfigurationVersion {
  id: string;
  version: number;
  updated_at: string;
  config: Record<string, unknown>;
}

export interface AuditEntry {
  id: string;
  at: string;
  actor: { type: 'operator' } | { type: 'key'; id: string; account: string };
  action: string;
  path: string;
  /** What the change was answered; `null` where the process ended before. */
  status: number | null;
  request: string;
  address: string | null;
}

export interface Key {
  id: string;
  name: string;
  mode: 'live' | 'test';
  scopes: Scope[];
  expires_at: string | null;
  rate_limit: number | null;
  monthly_budget: number | null;
  models: string[] | null;
  on_disconnect: 'cancel' | 'drain';
  created_at: string;
  last_used_at: string | null;
  previous_secret_expires_at: string | null;
  spent: number;
  budget_resets_at: string;
}

export interface NewKey extends Omit<Key, 'spent' | 'budget_resets_at'> {
  key: string;
}

export interface Health {
  status: string;
  version: string;
  uptime: number;
  models: string[];
  checks: Record<string, string>;
}

export interface Model {
  id: string;
  name: string;
  provider: string;
  owned_by: string;
  context_length: number;
  pricing: Record<string, any> & { prompt: number; completion: number };
  capabilities: string[];
  /** Told to the operator only. */
  targets?: Target[];
}

/** A place that serves a model. */
export interface Target {
  provider: string;
  model: string;
  weight: number;
  cooling_down_until: string | null;
}

export interface Sums {
  requests: number;
  tokens: number;
  cost: number;
  errors: number;
  interrupted: number;
  prompt_tokens: number;
  completion_tokens: number;
}

export interface Percentiles {
  p50: number | null;
  p90?: number | null;
  p95: number | null;
  p99: number | null;
}

export interface Usage {
  period: string;
  start: string;
  end: string;
  total_requests: number;
  total_tokens: number;
  cost: number;
  prompt_tokens: number;
  completion_tokens: number;
  errors: number;
  interrupted: number;
  /** Answers from the response cache. */
  cached: number;
  by_model: (Sums & { model?: string })[];
  by_day: (Sums & { date: string; by_model?: (Sums & { model?: string })[] })[];
  /** With the name of a key that is still there. */
  by_key: (Sums & { key: string; key_name?: string })[];
  [more: string]: any;
}

export interface FileObject {
  id: string;
  filename: string;
  bytes: number;
  purpose: string;
  status: 'uploaded' | 'processing' | 'processed' | 'failed';
  created_at: number;
  expires_at: number | null;
  content_type: string;
  sha256: string;
  tokens: number | null;
  error: string | null;
}

export interface Skill {
  id: string;
  name: string;
  version: string;
  description: string;
  status?: 'active' | 'disabled';
  commands: string[] | Record<string, Command>;
  [more: string]: any;
}

export interface Command {
  description?: string;
  parameters?: Schema;
}

/** A JSON Schema, as far as forms understand it. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  items?: Schema;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  [more: string]: unknown;
}

export interface Execution {
  request: string;
  command: string;
  status: 'completed' | 'failed' | 'cancelled';
  code?: string;
  started_at: string;
  duration_ms: number;
}

export interface Webhook {
  id: string;
  url: string;
  events: string[];
  description: string | null;
  status: 'enabled' | 'disabled';
  disabled_reason: string | null;
  previous_secret_expires_at: string | null;
  created_at: string;
}

export interface Delivery {
  id: string;
  webhook: string;
  event: string;
  type: string;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  response_status: number | null;
  error: string | null;
  created_at: string;
  finished_at: string | null;
}

export interface DeliveryDetail extends Delivery {
  next_attempt_at: string | null;
  payload: unknown;
  attempts_made: any[];
}

/** A row of the request log: never content. */
export interface LoggedRequest {
  id: string;
  created_at: string;
  key: string;
  endpoint: string;
  model: string | null;
  served_model: string | null;
  provider: string | null;
  status: 'completed' | 'failed' | 'interrupted';
  http_status: number | null;
  code: string | null;
  stream: boolean;
  cache: boolean;
  fallback: boolean;
  retries: number;
  prompt_tokens: number;
  completion_tokens: number;
  token_classes?: Record<string, number>;
  trace_id?: string | null;
  estimated: boolean;
  cost: number;
  first_token_ms: number | null;
  duration_ms: number;
  user?: string | null;
  metadata?: Record<string, string>;
  run?: string | null;
}

export interface Attempt {
  provider: string;
  model: string;
  status: number | null;
  code: string | null;
  duration_ms: number;
}

export interface RequestDetail extends LoggedRequest {
  attempts: Attempt[];
  cost_by_class: Record<string, number>;
}

export interface RequestPage extends List<LoggedRequest> {
  last_id?: string;
  kept_days?: number;
}

export interface RunError {
  code: string;
  message: string;
}

export interface RunStep {
  /** With the places of the items that it is done for: `each[2]`. */
  id: string;
  type: string;
  status: string;
  attempts: number;
  input: unknown;
  output: unknown;
  output_bytes?: number;
  error: RunError | null;
  started_at: string | null;
  ended_at: string | null;
  until?: string;
  event?: string;
}

export interface Run {
  id: string;
  workflow: string;
  status: string;
  created_at: string;
  ended_at: string | null;
  until?: string;
  rerun_of?: string;
  scheduled_for?: string;
  key: string;
  error: RunError | null;
  parameters?: unknown;
  result?: unknown;
  total_steps?: number;
  steps?: RunStep[];
}

export interface Workflow {
  id: string;
  object: string;
  name: string;
  description: string;
  status: string;
  builtin: boolean;
  created_at: string | null;
  updated_at: string | null;
  next_runs?: string[];
  parameters?: Schema;
  steps?: unknown;
  result?: unknown;
  schedule?: { cron: string; timezone?: string; parameters?: unknown };
}
