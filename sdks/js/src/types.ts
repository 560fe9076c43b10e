/** What goes over the wire. Fields that are not here go through as they are, in both directions. */
export type { PageParams } from './list.js';

/** Known values, and whatever a later version adds. */
type Open<T extends string> = T | (string & {});
interface Extra {
  [field: string]: any;
}

export interface Message extends Extra {
  role: Open<'system' | 'developer' | 'user' | 'assistant' | 'tool'>;
  content?: string | ContentPart[] | null;
  name?: string;
  tool_calls?: ToolCall[];
  tool_call_id?: string;
  /** Files whose text goes in front of the message. */
  file_ids?: string[];
}
export interface ContentPart extends Extra {
  type: Open<'text' | 'image_url' | 'input_audio' | 'file'>;
  text?: string;
}
export interface ToolCall extends Extra {
  id: string;
  type: Open<'function'>;
  function: { name: string; arguments: string };
}
export interface ChatParams extends Extra {
  model: string;
  messages: Message[];
  max_tokens?: number | null;
  temperature?: number | null;
  top_p?: number | null;
  stop?: string | string[] | null;
  n?: number;
  seed?: number;
  tools?: Extra[];
  tool_choice?: any;
  response_format?: Extra;
  /** Skills that the model may use; the gateway executes them. */
  skills?: string[];
  user?: string;
  metadata?: Record<string, string>;
  stream?: boolean | null;
  stream_options?: Extra;
}
export interface Usage extends Extra {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  /** Dollars. */
  cost?: number;
}
export interface ChatCompletion extends Extra {
  id: string;
  object: string;
  created: number;
  model: string;
  choices: {
    index: number;
    message: { role: string; content: string | null; tool_calls?: ToolCall[]; reasoning_content?: string } & Extra;
    finish_reason: Open<'stop' | 'length' | 'tool_calls' | 'content_filter'> | null;
  }[];
  usage: Usage;
  readonly _requestId?: string;
}
export interface ChatCompletionChunk extends Extra {
  id: string;
  model: string;
  choices: {
    index: number;
    delta: { role?: string; content?: string | null; tool_calls?: Extra[]; reasoning_content?: string } & Extra;
    finish_reason: Open<'stop' | 'length' | 'tool_calls' | 'content_filter'> | null;
  }[];
  usage?: Usage | null;
}
/** One answer of a batch: what the chat would have given by itself. */
export interface BatchItem extends Extra {
  status: number;
  body: any;
}
export interface EmbeddingParams extends Extra {
  model: string;
  input: string | string[] | number[] | number[][];
}
export interface Embeddings extends Extra {
  data: { index: number; embedding: number[] | string }[];
  model: string;
  usage: Usage;
}
export interface Model extends Extra {
  id: string;
  name: string;
  provider: string;
  context_length: number;
  /** Dollars per 1,000 tokens. */
  pricing: { prompt: number; completion: number } & Extra;
  capabilities: string[];
}
export interface Deleted extends Extra {
  id: string;
  deleted: boolean;
}
export interface SkillCommand extends Extra {
  description?: string;
  /** A JSON Schema. */
  parameters?: Extra;
}
export interface Skill extends Extra {
  id: string;
  name: string;
  version: string;
  status: Open<'active' | 'disabled'>;
  description?: string;
  commands?: Record<string, SkillCommand>;
}
export interface SkillManifest extends Extra {
  id: string;
}
export interface SkillUpdate extends Extra {
  status: 'active' | 'disabled';
}
export type Secrets = Record<string, string>;
export interface SkillResult extends Extra {
  skill: string;
  command: string;
  result: any;
  duration_ms: number;
}
export interface SkillExecution extends Extra {
  id: string;
  command: string;
  status: string;
}
export interface WorkflowParams extends Extra {
  name: string;
  steps: Extra[];
  id?: string;
  description?: string;
}
export interface Workflow extends Extra {
  id: string;
  name: string;
  status: string;
}
export interface RunListParams extends Extra {
  status?: string;
  workflow?: string;
  limit?: number;
  after?: string;
}
export interface Run extends Extra {
  id: string;
  workflow: string;
  status: Open<'queued' | 'running' | 'completed' | 'failed' | 'cancelled'>;
  result?: any;
  error?: any;
}
export interface RunEvent extends Extra {
  step?: number;
  total_steps?: number;
  status?: string;
}
export interface RerunParams extends Extra {
  from_step?: string;
}
export interface FileListParams extends Extra {
  purpose?: string;
  order?: 'asc' | 'desc';
  limit?: number;
  after?: string;
}
export interface FileObject extends Extra {
  id: string;
  filename: string;
  size: number;
  purpose: string;
  status: Open<'uploaded' | 'processing' | 'processed' | 'failed'>;
  /** Unix seconds. */
  created_at: number;
  expires_at?: number | null;
  content_type?: string | null;
  sha256?: string;
  tokens?: number | null;
  error?: any;
}
export interface UploadCreate extends Extra {
  filename: string;
  purpose: string;
  bytes: number;
  mime_type: string;
}
export interface UploadComplete extends Extra {
  part_ids: string[];
  md5?: string;
}
export interface Upload extends Extra {
  id: string;
  status: string;
  file?: FileObject | null;
}
export interface UsageParams extends Extra {
  period?: Open<'24h' | '7d' | '30d' | '90d'>;
  start?: string;
  end?: string;
  group_by?: Open<'model' | 'key' | 'provider' | 'endpoint' | 'user' | 'tag'>;
  interval?: Open<'hour' | 'day'>;
}
export interface UsageReport extends Extra {
  period?: string;
  total_requests: number;
  total_tokens: number;
  /** Dollars. */
  cost: number;
}
export interface RequestLogParams extends Extra {
  limit?: number;
  after?: string;
  model?: string;
  key?: string;
  status?: number;
  code?: string;
  start?: string;
  end?: string;
}
export interface RequestLogEntry extends Extra {
  id: string;
}
export interface AuditParams extends Extra {
  limit?: number;
  after?: string;
}
export interface AuditEntry extends Extra {
  id: string;
}
export interface KeyListParams extends Extra {
  limit?: number;
  after?: string;
  account?: string;
}
export interface Key extends Extra {
  id: string;
  name: string;
  scopes: string[];
  /** The text itself, in the answer that made it. */
  key?: string;
}
export interface KeyCreate extends Extra {
  name: string;
  scopes?: string[];
  mode?: 'live' | 'test';
  expires_at?: string;
  rate_limit?: number;
  monthly_budget?: number;
  models?: string[];
}
export type KeyUpdate = { [Field in keyof KeyCreate]?: KeyCreate[Field] | null };
export interface RotateParams extends Extra {
  /** Seconds. */
  grace_period?: number;
}
export interface AccountInfo extends Extra {
  id: string;
  name: string;
  tier: string;
  scopes: string[];
  rate_limit: { limit: number; remaining: number; reset: number };
  budget: { monthly: number | null; spent: number; resets_at: string };
  key: { id: string; name: string };
}
export interface Account extends Extra {
  id: string;
  name: string;
  tier: Open<'free' | 'pro' | 'enterprise'>;
  status: Open<'active' | 'suspended'>;
}
export interface AccountCreate extends Extra {
  name: string;
  tier?: 'free' | 'pro' | 'enterprise';
  rate_limit?: number;
  monthly_budget?: number;
}
export type AccountUpdate = { [Field in keyof AccountCreate]?: AccountCreate[Field] | null };
export interface Provider extends Extra {
  id: string;
}
export interface HealthReport extends Extra {
  status: string;
  version: string;
  /** Seconds. */
  uptime: number;
  models: string[];
}
export interface Token extends Extra {
  token: string;
  expires_at: string;
}
export interface Webhook extends Extra {
  id: string;
  url: string;
  events: string[];
  status: Open<'enabled' | 'disabled'>;
  /** In the answer that made it. */
  secret?: string;
}
export interface WebhookCreate extends Extra {
  url: string;
  events: string[];
  description?: string;
}
export interface WebhookUpdate extends Extra {
  url?: string;
  events?: string[];
  description?: string | null;
  status?: 'enabled' | 'disabled';
}
export interface WebhookTest extends Extra {
  event: string;
}
export interface WebhookRecover extends Extra {
  since: string;
}
export interface DeliveryListParams extends Extra {
  limit?: number;
  after?: string;
  webhook?: string;
  type?: string;
  status?: string;
}
export interface Delivery extends Extra {
  id: string;
  webhook: string;
  event: string;
  type: string;
  status: Open<'pending' | 'delivered' | 'failed'>;
}
