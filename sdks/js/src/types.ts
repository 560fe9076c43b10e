// Written by sdks/generate: change the API's document or the template there.
// Fields that are not here go through as they are, in both directions; so do values that are not.

/** An account on the wire and in the store. */
export interface Account {
  /** When it was made. */
  created_at: string;
  /** The types of events that its webhooks want, `*` for all: known wherever the account is, so that one without webhooks pays nothing for them. */
  events?: string[];
  /** What it lets into its chats and out of them, in this order. */
  guardrails?: Guardrail[];
  /** `acct_…`. */
  id: string;
  /** Dollars a UTC month. */
  monthly_budget: number | null;
  /** A name for people. */
  name: string;
  /** Always `account`. */
  object: string;
  /** Requests a minute, where the tier's number does not hold. */
  rate_limit: number | null;
  /** Whether its keys work. */
  status: AccountStatus;
  /** Its tier. */
  tier: Tier;
  [field: string]: any;
}

/** `GET` and `PUT /account/guardrails`. */
export interface AccountGuardrails {
  /** What the account lets into its chats and out of them, in this order; at most 20. */
  guardrails: Guardrail[];
  [field: string]: any;
}

/** `GET` and `PUT /account/guardrails`. */
export interface AccountGuardrailsInput {
  /** What the account lets into its chats and out of them, in this order; at most 20. */
  guardrails: GuardrailInput[];
  [field: string]: any;
}

/** Whether an account's keys work. */
export type AccountStatus = 'active' | 'suspended' | (string & {});

/** Who asks for a change. */
export type Actor = Record<string, any> | Record<string, any>;

/** `POST /runs/{id}/events`. */
export interface AddEvent {
  /** What the step that waits for it gives. */
  data?: any;
  /** Its name. */
  name: string;
  [field: string]: any;
}

/** A model call. */
export interface AiCompletionStep {
  /** A template of the model's id. */
  model: string;
  /** A template of what it is asked. */
  prompt: string;
  /** A template of what it is told first. */
  system?: string | null;
  [field: string]: any;
}

/** The moment from which an expiry counts. */
export type Anchor = 'created_at' | (string & {});

/** What a model says. */
export interface AssistantMessage {
  /** The text; `null` or absent where it only calls tools. */
  content?: string | null;
  /** Its reasoning. */
  reasoning_content?: string | null;
  /** Its refusal. */
  refusal?: string | null;
  /** `assistant`. */
  role: string;
  /** Its reasoning with the signatures that it wants back. */
  thinking_blocks?: (Record<string, any>)[] | null;
  /** What it calls. */
  tool_calls?: ToolCall[] | null;
  [field: string]: any;
}

/** A call of a provider. */
export interface AttemptView {
  /** The error's code, where it failed. */
  code: string | null;
  /** Milliseconds until it had answered (a stream: until something of the answer was there) or failed. */
  duration_ms: number;
  /** The model's name there. */
  model: string;
  /** The provider's id. */
  provider: string;
  /** The HTTP status that it answered; `null` where it did not. */
  status: number | null;
  [field: string]: any;
}

/** A change that somebody asked for. It is written before the change is made and gets its status after it, so none goes unseen. */
export interface AuditEntry {
  /** What: the method and the route, such as `PATCH /accounts/{id}`. */
  action: string;
  /** Who. */
  actor: Actor;
  /** From where: the client's address, where it is known. */
  address: string | null;
  /** When. */
  at: string;
  /** `aud_…`: ids of later ones sort before it. */
  id: string;
  /** Always `audit.entry`. */
  object: string;
  /** On what: the path, such as `/accounts/acct_1`. */
  path: string;
  /** The request's id. */
  request: string;
  /** What came of it; `null` where the process ended before it answered. */
  status: number | null;
  [field: string]: any;
}

/** One answer of a batch: what the chat would have given by itself. */
export interface BatchItem {
  /** As the chat's own. */
  status: number;
  /** Its answer, or its error. */
  body: any;
  [field: string]: any;
}

/** A month's money. */
export interface Budget {
  /** Dollars a UTC month; `null`: as many as it takes. */
  monthly: number | null;
  /** When the month ends. */
  resets_at: string;
  /** Dollars that are spent of it, with what is held for requests that run. */
  spent: number;
  [field: string]: any;
}

/** `{"type": "builtin", "name": …}`. */
export interface BuiltinExecutor {
  /** Which. */
  name: BuiltinFunction;
  [field: string]: any;
}

/** The functions that there are. */
export type BuiltinFunction = 'time' | (string & {});

/** What requests are grouped by. */
export type By = 'model' | 'key' | 'provider' | 'endpoint' | 'user' | 'tag' | (string & {});

/** One of the answers. */
export interface Choice {
  /** Such as `stop`, `length`, `tool_calls` and `content_filter`. */
  finish_reason: string | null;
  /** From 0. */
  index: number;
  /** What the model says. */
  message: AssistantMessage;
  [field: string]: any;
}

/** A piece of one of the answers. */
export interface ChunkChoice {
  /** What is new of it: `role`, `content`, `tool_calls` by their index. */
  delta: Record<string, any>;
  /** In its last chunk; `error` where it broke off. */
  finish_reason?: string | null;
  /** Which answer. */
  index: number;
  [field: string]: any;
}

/** The answer to a chat. */
export interface ChatCompletion {
  /** As many as `n` said. */
  choices: Choice[];
  /** Unix seconds. */
  created: number;
  /** The provider's id for it. */
  id: string;
  /** The model that answered. */
  model: string;
  /** Always `chat.completion`. */
  object: string;
  /** What it took. */
  usage: Usage;
  [field: string]: any;
}

/** A piece of an answer that streams. */
export interface ChatCompletionChunk {
  /** None in a chunk that only has the usage. */
  choices: ChunkChoice[];
  /** Unix seconds. */
  created: number;
  /** Why the answer breaks off, in the last chunk of `POST /chat/completions/stream`. */
  error?: Record<string, any> | null;
  /** The same in all chunks of an answer. */
  id: string;
  /** The model that answers. */
  model: string;
  /** Always `chat.completion.chunk`. */
  object: string;
  /** What the gateway itself is doing meanwhile. */
  openclaw?: Record<string, any> | null;
  /** What the answer took, once it is over. */
  usage?: Usage | null;
  [field: string]: any;
}

/** What a stream tells: a piece of the answer, or in the end why it breaks off. */
export type ChatCompletionEvent = any;

/** A text, or parts of several kinds. */
export type ChatContent = string | ContentPart[];

/** A file of the account, or one that comes with the request. */
export interface FileReference {
  /** A `data:` URL. */
  file_data?: string | null;
  /** `file_…`. */
  file_id?: string | null;
  /** Its name. */
  filename?: string | null;
  [field: string]: any;
}

/** One turn of the conversation. */
export interface Message {
  /** What. */
  content?: ChatContent | null;
  /** Files whose text goes before the content. */
  file_ids?: string[] | null;
  /** A name for the participant. */
  name?: string | null;
  /** The assistant's reasoning, as `DeepSeek` and vLLM tell it. */
  reasoning_content?: string | null;
  /** The assistant's refusal. */
  refusal?: string | null;
  /** Who says it. */
  role: Role;
  /** The assistant's reasoning with its signatures, as Anthropic tells it. */
  thinking_blocks?: (Record<string, any>)[] | null;
  /** What a tool's result belongs to. */
  tool_call_id?: string | null;
  /** What the assistant called. */
  tool_calls?: ToolCall[] | null;
  [field: string]: any;
}

/** A chat. Fields of a vendor's own go on to it as they came. */
export interface ChatParams {
  /** -2 to 2. */
  frequency_penalty?: number | null;
  /** By token. */
  logit_bias?: Record<string, number> | null;
  /** Whether the tokens' probabilities come with them. */
  logprobs?: boolean | null;
  /** The same; both only with the same value. */
  max_completion_tokens?: number | null;
  /** Tokens of the answer at most. */
  max_tokens?: number | null;
  /** At least one. */
  messages: Message[];
  /** At most 16 short texts; kept with the usage. */
  metadata?: Record<string, string> | null;
  /** The model's id, or `PROVIDER/MODEL`. */
  model: string;
  /** Answers. */
  n?: number | null;
  /** Whether several tools may be called at once. */
  parallel_tool_calls?: boolean | null;
  /** -2 to 2. */
  presence_penalty?: number | null;
  /** How much the model reasons. */
  reasoning_effort?: string | null;
  /** The form of the answer: text, JSON, or JSON by a schema. */
  response_format?: Record<string, any> | null;
  /** For answers that repeat. */
  seed?: number | null;
  /** Ids of skills that the gateway offers to the model, and executes. */
  skills?: string[] | null;
  /** Where the answer stops. */
  stop?: TextOrList | null;
  /** Whether the answer streams. */
  stream?: boolean | null;
  /** What a stream shows. */
  stream_options?: StreamOptions | null;
  /** 0 to 2. */
  temperature?: number | null;
  /** Anthropic's field for reasoning. */
  thinking?: Record<string, any> | null;
  /** `none`, `auto`, `required`, or one of the tools. */
  tool_choice?: any;
  /** What the model may call. */
  tools?: Tool[] | null;
  /** How many other tokens. */
  top_logprobs?: number | null;
  /** 0 to 1. */
  top_p?: number | null;
  /** Who it is for; kept with the usage. */
  user?: string | null;
  [field: string]: any;
}

/** Who says a message. */
export type Role = 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function' | (string & {});

/** What a model may call. */
export interface Tool {
  /** The function. */
  function?: ToolFunction | null;
  /** `function`. */
  type: string;
  [field: string]: any;
}

/** What an answer took. */
export interface Usage {
  /** Tokens out. */
  completion_tokens: number;
  /** `reasoning_tokens` and others, of the tokens out. */
  completion_tokens_details?: Record<string, any> | null;
  /** Dollars. */
  cost?: number | null;
  /** Tokens in. */
  prompt_tokens: number;
  /** `cached_tokens` and others, of the tokens in. */
  prompt_tokens_details?: Record<string, any> | null;
  /** Both. */
  total_tokens: number;
  [field: string]: any;
}

/** `POST /uploads/{id}/complete`. */
export interface CompleteUpload {
  /** MD5 of the file in hexadecimal digits, to be compared. */
  md5?: string | null;
  /** All parts, in the order of the file. */
  part_ids: string[];
  [field: string]: any;
}

/** The configuration: the file's, what stands over it, and both together. */
export interface Configuration {
  /** What was changed at run time. */
  config: Record<string, any>;
  /** What counts: one over the other. */
  effective: any;
  /** As the file has it. */
  file: any;
  /** Always `config`. */
  object: string;
  /** The providers whose key was given at run time, and is sealed. */
  sealed_keys: string[];
  /** When it was changed last. */
  updated_at: string | null;
  /** Of what was changed at run time; 0 where nothing was. */
  version: number;
  [field: string]: any;
}

/** A row, and where it comes from. */
export interface ConfigurationRow {
  /** Whether its key was given at run time; of providers only. */
  has_sealed_key?: boolean | null;
  /** Its name. */
  id: string;
  /** `provider` or `model.config`. */
  object: string;
  /** Where it comes from. */
  source: ConfigurationSource;
  [field: string]: any;
}

/** Where a row comes from. */
export type ConfigurationSource = 'runtime' | 'file' | 'built_in' | (string & {});

/** A version of the configuration at run time. */
export interface ConfigurationVersion {
  /** What stood over the file. */
  config: Record<string, any>;
  /** Its number, which lists go on `after`. */
  id: string;
  /** Always `config.version`. */
  object: string;
  /** When it was made. */
  updated_at: string;
  /** Its number. */
  version: number;
  [field: string]: any;
}

/** A piece of a message. */
export interface ContentPart {
  /** Of `file`. */
  file?: FileReference | null;
  /** Of `image_url`: an https or `data:` URL. */
  image_url?: ImageUrl | null;
  /** Of `input_audio`. */
  input_audio?: InputAudio | null;
  /** Of `text`. */
  text?: string | null;
  /** `text`, `image_url`, `input_audio` or `file`. */
  type: string;
  [field: string]: any;
}

/** `POST /accounts`. */
export interface CreateAccount {
  /** What it lets into its chats and out of them, in this order; at most 20. */
  guardrails?: GuardrailInput[];
  /** Dollars a UTC month. */
  monthly_budget?: number | null;
  /** 1 to 200 characters. */
  name: string;
  /** Requests a minute, where the tier's number shall not hold; required for `enterprise` unless `limits.enterprise` is configured. */
  rate_limit?: number | null;
  /** Default `free`. */
  tier?: Tier;
  [field: string]: any;
}

/** `POST /keys`. */
export interface CreateKey {
  /** The account, where the operator makes the key; an account's own key needs no naming. */
  account?: string | null;
  /** When it stops working. */
  expires_at?: string | null;
  /** Default live. */
  mode?: KeyMode;
  /** The models it may use, at most `MAX_MODELS`; absent: all. */
  models?: string[] | null;
  /** Dollars a UTC month. */
  monthly_budget?: number | null;
  /** 1 to 200 characters. */
  name: string;
  /** Default `cancel`. */
  on_disconnect?: OnDisconnect;
  /** Requests a minute, below the account's own limit. */
  rate_limit?: number | null;
  /** Whether its requests may say how they are routed (`x-openclaw-provider`, `x-openclaw-strategy`); default: no. */
  route_override?: boolean;
  /** Default: all but `admin`. */
  scopes?: Scope[] | null;
  [field: string]: any;
}

/** `POST /auth/token`. */
export interface CreateToken {
  /** A valid API key, a code that was made with `single_use`, or the operator's token. */
  api_key: string;
  /** Seconds, 60 to 86,400; default 3,600. */
  expires_in?: number;
  /** A token that may make, change, rotate and revoke keys where its key may; default false. */
  manage_keys?: boolean;
  /** A code that is exchanged for a token once, in the field `api_key`, and opens nothing else; default false. */
  single_use?: boolean;
  [field: string]: any;
}

/** `POST /uploads`. */
export interface CreateUpload {
  /** Its size. */
  bytes: number;
  /** When the file goes by itself. */
  expires_after?: ExpiresAfter | null;
  /** The file's name. */
  filename: string;
  /** Its media type. */
  mime_type: string;
  /** What it is for. */
  purpose: string;
  [field: string]: any;
}

/** `POST /webhooks`. */
export interface CreateWebhook {
  /** At most 500 characters. */
  description?: string | null;
  /** 1 or more types, or `*`. */
  events: string[];
  /** An https URL of a public host, or one that the operator allows. */
  url: string;
  [field: string]: any;
}

/** `GET /account`: whose key it is that asks, and what is left to it. */
export interface CurrentAccount {
  /** The account's money. */
  budget: Budget;
  /** `acct_…`. */
  id: string;
  /** The key that asks. */
  key: KeyName;
  /** A name for people. */
  name: string;
  /** Always `account`. */
  object: string;
  /** The tightest of the limits that hold for the key. */
  rate_limit: RateLimit;
  /** What the key opens. */
  scopes: Scope[];
  /** Its tier. */
  tier: Tier;
  [field: string]: any;
}

/** A day's sums. */
export interface Day {
  /** The same by model. */
  by_model: Slice[];
  /** Requests that the response cache answered. */
  cached: number;
  /** Tokens out. */
  completion_tokens: number;
  /** Dollars. */
  cost: number;
  /** `2026-02-28`. */
  date: string;
  /** The endpoint. */
  endpoint?: string | null;
  /** Requests that ended in an error. */
  errors: number;
  /** Failed requests by the error's code. */
  errors_by_code: Record<string, number>;
  /** Requests whose tokens are our estimate because the provider told none. */
  estimated_requests: number;
  /** Requests that another model answered than was asked for. */
  fallbacks: number;
  /** Requests whose client left, or that a crash cut off. */
  interrupted: number;
  /** The key's id. */
  key?: string | null;
  /** Its name, in `by_key` and `groups`, while there is such a key. */
  key_name?: string | null;
  /** How long requests took; absent where nothing was measured. */
  latency?: Latencies | null;
  /** The model's id. */
  model?: string | null;
  /** Tokens in. */
  prompt_tokens: number;
  /** The provider's id. */
  provider?: string | null;
  /** Requests. */
  requests: number;
  /** Calls of providers beside the first of each request. */
  retries: number;
  /** Requests that were answered as a stream. */
  streamed: number;
  /** `name:value`. */
  tag?: string | null;
  /** Of the tokens, those of each class. */
  token_classes: TokenClasses;
  /** Prompt and completion tokens. */
  tokens: number;
  /** The user. */
  user?: string | null;
  [field: string]: any;
}

/** `{"id":…,"object":…,"deleted":true}`. */
export interface Deleted {
  /** Always true. */
  deleted: boolean;
  /** What is gone. */
  id: string;
  /** The kind of thing. */
  object: string;
  [field: string]: any;
}

/** A delivery as it is shown in a list. */
export interface Delivery {
  /** Attempts that were made. */
  attempts: number;
  /** When it was made. */
  created_at: string;
  /** Why the last attempt failed. */
  error: string | null;
  /** The event's id, which is the `webhook-id` of every attempt. */
  event: string;
  /** When it was delivered or given up. */
  finished_at: string | null;
  /** `dlv_…`: ids of later ones sort before it. */
  id: string;
  /** Always `webhook.delivery`. */
  object: string;
  /** The status that the endpoint answered last. */
  response_status: number | null;
  /** How far it is. */
  status: DeliveryStatus;
  /** The event's type. */
  type: string;
  /** The endpoint. */
  webhook: string;
  [field: string]: any;
}

/** One attempt. */
export interface DeliveryAttempt {
  /** When it began. */
  at: string;
  /** 1 for the first. */
  attempt: number;
  /** How long it took. */
  duration_ms: number;
  /** Why it failed, if it did. */
  error: string | null;
  /** What was sent; the body is the delivery's payload. */
  request: DeliveryRequest;
  /** What came back, if something did. */
  response: DeliveryResponse | null;
  [field: string]: any;
}

/** A delivery with everything that is known of it. */
export interface DeliveryDetail {
  /** Attempts that were made. */
  attempts: number;
  /** The attempts, the first one first. */
  attempts_made: DeliveryAttempt[];
  /** When it was made. */
  created_at: string;
  /** Why the last attempt failed. */
  error: string | null;
  /** The event's id, which is the `webhook-id` of every attempt. */
  event: string;
  /** When it was delivered or given up. */
  finished_at: string | null;
  /** `dlv_…`: ids of later ones sort before it. */
  id: string;
  /** When it is tried next. */
  next_attempt_at: string | null;
  /** Always `webhook.delivery`. */
  object: string;
  /** What is sent. */
  payload: any;
  /** The status that the endpoint answered last. */
  response_status: number | null;
  /** How far it is. */
  status: DeliveryStatus;
  /** The event's type. */
  type: string;
  /** The endpoint. */
  webhook: string;
  [field: string]: any;
}

/** What was sent. */
export interface DeliveryRequest {
  /** Without the signature's value. */
  headers: Record<string, string>;
  /** Where to. */
  url: string;
  [field: string]: any;
}

/** What came back. */
export interface DeliveryResponse {
  /** The first 64 KiB, as text. */
  body: string;
  /** The first 50, without values that look like secrets. */
  headers: Record<string, string>;
  /** The status. */
  status: number;
  /** Whether there was more. */
  truncated: boolean;
  [field: string]: any;
}

/** How far a delivery is. */
export type DeliveryStatus = 'pending' | 'delivered' | 'failed' | (string & {});

/** Vectors, in the order of the texts. */
export interface Embeddings {
  /** Each with `index` and `embedding`. */
  data: (Record<string, any>)[];
  /** The model. */
  model: string;
  /** What it took. */
  usage?: Usage;
  [field: string]: any;
}

/** What happened. */
export type EventType = 'chat.completed' | 'chat.failed' | 'skill.executed' | 'workflow.started' | 'workflow.completed' | 'workflow.failed' | 'file.processed' | 'file.failed' | 'key.created' | 'key.rotated' | 'key.revoked' | 'usage.threshold' | 'rate_limit.exceeded' | (string & {});

/** `POST /skills/{id}/execute`. */
export interface ExecuteSkill {
  /** One of the skill's. */
  command: string;
  /** As the command's schema wants them; an empty object by default. */
  parameters?: any;
  [field: string]: any;
}

/** When a file goes by itself. */
export interface ExpiresAfter {
  /** Since when the seconds count. */
  anchor: Anchor;
  /** 3,600 to 2,592,000. */
  seconds: number;
  [field: string]: any;
}

/** A file. */
export interface FileObject {
  /** The same, as OpenAI calls it. */
  bytes: number;
  /** The media type. */
  content_type: string;
  /** Unix seconds. */
  created_at: number;
  /** Why it failed. */
  error: string | null;
  /** Unix seconds; `null`: it stays. */
  expires_at: number | null;
  /** As its sender called it: data, never a path. */
  filename: string;
  /** `file_…`. */
  id: string;
  /** Always `file`. */
  object: string;
  /** What it is for, as its sender said. */
  purpose: string;
  /** SHA-256 of the bytes, in hexadecimal digits. */
  sha256: string;
  /** Bytes. */
  size: number;
  /** What has become of it. */
  status: FileStatus;
  /** Tokens of the text, about; `null` before it is processed, and where there is no text. */
  tokens: number | null;
  [field: string]: any;
}

/** What has become of a file. */
export type FileStatus = 'uploaded' | 'processing' | 'processed' | 'failed' | (string & {});

/** A call of a function. */
export interface FunctionCall {
  /** JSON, as the model wrote it. */
  arguments: string;
  /** Which. */
  name: string;
  [field: string]: any;
}

/** The sums over one of what was grouped by. */
export interface Group {
  /** Requests that the response cache answered. */
  cached: number;
  /** Tokens out. */
  completion_tokens: number;
  /** Dollars. */
  cost: number;
  /** The endpoint. */
  endpoint?: string | null;
  /** Requests that ended in an error. */
  errors: number;
  /** Failed requests by the error's code. */
  errors_by_code: Record<string, number>;
  /** Requests whose tokens are our estimate because the provider told none. */
  estimated_requests: number;
  /** Requests that another model answered than was asked for. */
  fallbacks: number;
  /** Requests whose client left, or that a crash cut off. */
  interrupted: number;
  /** The key's id. */
  key?: string | null;
  /** Its name, in `by_key` and `groups`, while there is such a key. */
  key_name?: string | null;
  /** How long requests took; absent where nothing was measured. */
  latency?: Latencies | null;
  /** The model's id. */
  model?: string | null;
  /** Tokens in. */
  prompt_tokens: number;
  /** The provider's id. */
  provider?: string | null;
  /** Requests. */
  requests: number;
  /** Calls of providers beside the first of each request. */
  retries: number;
  /** Requests that were answered as a stream. */
  streamed: number;
  /** `name:value`. */
  tag?: string | null;
  /** Of the tokens, those of each class. */
  token_classes: TokenClasses;
  /** Prompt and completion tokens. */
  tokens: number;
  /** The user. */
  user?: string | null;
  [field: string]: any;
}

/** A rule: it has `patterns` or `pii` or both, or `max_input_characters` alone. */
export interface Guardrail {
  /** What becomes of a request or an answer in which it finds something. */
  action: GuardrailAction;
  /** The most characters that all texts of a request may have together; its action is `block`. */
  max_input_characters?: number | null;
  /** What errors call it: 1 to 64 characters, each name once. */
  name: string;
  /** Where it looks; default `both`. */
  on: GuardrailSide;
  /** Regular expressions, at most 50 of at most 500 bytes. They are those of the Rust crate `regex`: no look-around, no back references, time linear in the text. */
  patterns?: string[];
  /** Kinds of personal data and secrets. */
  pii?: GuardrailPii[];
  [field: string]: any;
}

/** What a guardrail does. */
export type GuardrailAction = 'block' | 'redact' | (string & {});

/** A rule: it has `patterns` or `pii` or both, or `max_input_characters` alone. */
export interface GuardrailInput {
  /** What becomes of a request or an answer in which it finds something. */
  action: GuardrailAction;
  /** The most characters that all texts of a request may have together; its action is `block`. */
  max_input_characters?: number | null;
  /** What errors call it: 1 to 64 characters, each name once. */
  name: string;
  /** Where it looks; default `both`. */
  on?: GuardrailSide;
  /** Regular expressions, at most 50 of at most 500 bytes. They are those of the Rust crate `regex`: no look-around, no back references, time linear in the text. */
  patterns?: string[];
  /** Kinds of personal data and secrets. */
  pii?: GuardrailPii[];
  [field: string]: any;
}

/** A kind of personal data, or of secrets. */
export type GuardrailPii = 'email' | 'phone' | 'card' | 'iban' | 'secret' | (string & {});

/** Where a guardrail looks. */
export type GuardrailSide = 'input' | 'output' | 'both' | (string & {});

/** `{"status","version","uptime","models","checks"}`. */
export interface Health {
  /** What was looked at. */
  checks: HealthChecks;
  /** Those of the built-in catalog: what the operator calls its own, only keys are shown. */
  models: string[];
  /** `healthy`, or `degraded` while a check fails. */
  status: string;
  /** Seconds since this process or isolate started. */
  uptime: number;
  /** The gateway's. */
  version: string;
  [field: string]: any;
}

/** Each `ok` or `failing`. */
export interface HealthChecks {
  /** Whether there are models. */
  models: string;
  /** Whether the store answers. */
  storage: string;
  [field: string]: any;
}

/** An answer that is an error. */
export interface HttpErrorRule {
  code: SkillErrorCode;
  /** A template. */
  message: string;
  /** A template: where its value is true. */
  when: string;
  [field: string]: any;
}

/** An answer that is an error. */
export interface HttpErrorRuleInput {
  code?: SkillErrorCode;
  /** A template. */
  message: string;
  /** A template: where its value is true. */
  when: string;
  [field: string]: any;
}

/** `{"type": "http", …}`. */
export interface HttpExecutor {
  /** What is made of the answers; the body of the last one where it is not there. */
  result?: any;
  /** The requests, one after the other; each sees the answers before it. */
  steps: HttpStep[];
  [field: string]: any;
}

/** `{"type": "http", …}`. */
export interface HttpExecutorInput {
  /** What is made of the answers; the body of the last one where it is not there. */
  result?: any;
  /** The requests, one after the other; each sees the answers before it. */
  steps: HttpStepInput[];
  [field: string]: any;
}

/** One request. */
export interface HttpStep {
  /** A template: text is sent as it is, anything else as JSON. */
  body?: any;
  /** What of the answers is an error. */
  errors?: HttpErrorRule[];
  /** Templates by name. */
  headers?: Record<string, string>;
  /** Its name for later steps; `step_1` and so on by default. */
  id?: string | null;
  /** `GET` by default. */
  method?: string | null;
  /** Templates by name; a list repeats the name, `null` leaves it out. */
  query?: Record<string, any>;
  /** A template, whose expressions are percent-encoded. */
  url: string;
  [field: string]: any;
}

/** One request. */
export interface HttpStepInput {
  /** A template: text is sent as it is, anything else as JSON. */
  body?: any;
  /** What of the answers is an error. */
  errors?: HttpErrorRuleInput[];
  /** Templates by name. */
  headers?: Record<string, string>;
  /** Its name for later steps; `step_1` and so on by default. */
  id?: string | null;
  /** `GET` by default. */
  method?: string | null;
  /** Templates by name; a list repeats the name, `null` leaves it out. */
  query?: Record<string, any>;
  /** A template, whose expressions are percent-encoded. */
  url: string;
  [field: string]: any;
}

/** A picture. */
export interface ImageUrl {
  /** How closely it is looked at. */
  detail?: string | null;
  /** An https URL of a public host, or a `data:` URL. */
  url: string;
  [field: string]: any;
}

/** Sound. */
export interface InputAudio {
  /** In base64. */
  data: string;
  /** Such as `wav`. */
  format: string;
  [field: string]: any;
}

/** How long an interval is. */
export type Interval = 'hour' | 'day' | (string & {});

/** An interval's sums. */
export interface IntervalTotals {
  /** Requests that the response cache answered. */
  cached: number;
  /** Tokens out. */
  completion_tokens: number;
  /** Dollars. */
  cost: number;
  /** The endpoint. */
  endpoint?: string | null;
  /** Requests that ended in an error. */
  errors: number;
  /** Failed requests by the error's code. */
  errors_by_code: Record<string, number>;
  /** Requests whose tokens are our estimate because the provider told none. */
  estimated_requests: number;
  /** Requests that another model answered than was asked for. */
  fallbacks: number;
  /** The same by what was grouped by. */
  groups: Slice[];
  /** Requests whose client left, or that a crash cut off. */
  interrupted: number;
  /** The key's id. */
  key?: string | null;
  /** Its name, in `by_key` and `groups`, while there is such a key. */
  key_name?: string | null;
  /** How long requests took; absent where nothing was measured. */
  latency?: Latencies | null;
  /** The model's id. */
  model?: string | null;
  /** Tokens in. */
  prompt_tokens: number;
  /** The provider's id. */
  provider?: string | null;
  /** Requests. */
  requests: number;
  /** Calls of providers beside the first of each request. */
  retries: number;
  /** When it starts. */
  start: string;
  /** Requests that were answered as a stream. */
  streamed: number;
  /** `name:value`. */
  tag?: string | null;
  /** Of the tokens, those of each class. */
  token_classes: TokenClasses;
  /** Prompt and completion tokens. */
  tokens: number;
  /** The user. */
  user?: string | null;
  [field: string]: any;
}

/** Days after which requests and sums are gone. */
export interface Kept {
  /** Single requests, and sums by user and tag. */
  request_days: number;
  /** All other sums. */
  sum_days: number;
  [field: string]: any;
}

/** A key with what it has spent: how it is shown. */
export interface Key {
  /** The account it belongs to. */
  account: string;
  /** When the month ends. */
  budget_resets_at: string;
  /** When it was made. */
  created_at: string;
  /** When it stops working. */
  expires_at: string | null;
  /** `key_…`. */
  id: string;
  /** When it was last used, to the minute. */
  last_used_at: string | null;
  /** Live or test. */
  mode: KeyMode;
  /** The models it may use; `null`: all. */
  models: string[] | null;
  /** Dollars a UTC month. */
  monthly_budget: number | null;
  /** A name for people. */
  name: string;
  /** Always `key`. */
  object: string;
  /** What happens when the client has left. */
  on_disconnect: OnDisconnect;
  /** Until when its secret of before the last rotation works. */
  previous_secret_expires_at: string | null;
  /** Requests a minute. */
  rate_limit: number | null;
  /** Whether its requests may say how they are routed. */
  route_override: boolean;
  /** What it opens. */
  scopes: Scope[];
  /** Dollars in this UTC month, with what is held for requests that run. */
  spent: number;
  [field: string]: any;
}

/** Whether a key says of itself that it is for tests. Both work alike. */
export type KeyMode = 'live' | 'test' | (string & {});

/** A key by its name. */
export interface KeyName {
  /** `key_…`. */
  id: string;
  /** A name for people. */
  name: string;
  [field: string]: any;
}

/** Milliseconds, within 6.25 %. */
export interface Latencies {
  /** From admission to settlement. */
  duration_ms?: Percentiles | null;
  /** From admission to the first token of a stream. */
  first_token_ms?: Percentiles | null;
  [field: string]: any;
}

/** `{"type": "mcp", …}`. */
export interface McpExecutor {
  /** Templates by name, which see `secrets`. */
  headers?: Record<string, string>;
  /** The revision of the protocol that it spoke last; it saves a request where that is an older one. */
  revision?: string | null;
  /** The tool's name there. */
  tool: string;
  /** Its endpoint, as it stands: no template. */
  url: string;
  [field: string]: any;
}

/** An MCP server over Streamable HTTP. */
export interface McpServer {
  /** Templates by name, which see `secrets`. */
  headers?: Record<string, string>;
  /** The revision of the protocol that it spoke last; it saves a request where that is an older one. */
  revision?: string | null;
  /** Its endpoint, as it stands: no template. */
  url: string;
  [field: string]: any;
}

/** A model on the wire: the seed's fields and OpenAI's. */
export interface Model {
  /** Such as `chat`, `tools` and `vision`. */
  capabilities: string[];
  /** Tokens. */
  context_length: number;
  /** Unix seconds; OpenAI's SDKs want one, the catalog has none. */
  created: number;
  /** What requests name. */
  id: string;
  /** For people. */
  name: string;
  /** Always `model`. */
  object: string;
  /** The provider, as OpenAI calls it. */
  owned_by: string;
  /** Dollars per 1,000 tokens. */
  pricing: Pricing;
  /** The first target's provider. */
  provider: string;
  /** Where it is served; for the operator only. */
  targets?: ModelTarget[] | null;
  [field: string]: any;
}

/** A place that serves a model. */
export interface ModelTarget {
  /** Until when a process passes it over because it failed; `null` where none does. Told within the time that a write takes, and until it has passed, even where the target answers again. */
  cooling_down_until: string | null;
  /** The model's name there. */
  model: string;
  /** The provider. */
  provider: string;
  /** Its share of the requests, beside the other targets' weights. */
  weight: number;
  [field: string]: any;
}

/** A key at the one moment its secret is known: as it is made, `Key`, or as it is shown, `KeySpending`. */
export interface NewKey {
  /** The account it belongs to. */
  account: string;
  /** When the month ends. */
  budget_resets_at: string;
  /** When it was made. */
  created_at: string;
  /** When it stops working. */
  expires_at: string | null;
  /** `key_…`. */
  id: string;
  /** `oc_live_…`: shown once, stored nowhere. */
  key: string;
  /** When it was last used, to the minute. */
  last_used_at: string | null;
  /** Live or test. */
  mode: KeyMode;
  /** The models it may use; `null`: all. */
  models: string[] | null;
  /** Dollars a UTC month. */
  monthly_budget: number | null;
  /** A name for people. */
  name: string;
  /** Always `key`. */
  object: string;
  /** What happens when the client has left. */
  on_disconnect: OnDisconnect;
  /** Until when its secret of before the last rotation works. */
  previous_secret_expires_at: string | null;
  /** Requests a minute. */
  rate_limit: number | null;
  /** Whether its requests may say how they are routed. */
  route_override: boolean;
  /** What it opens. */
  scopes: Scope[];
  /** Dollars in this UTC month, with what is held for requests that run. */
  spent: number;
  [field: string]: any;
}

/** What `POST /webhooks` and a rotation answer. */
export interface NewWebhook {
  /** When it was made. */
  created_at: string;
  /** For people. */
  description: string | null;
  /** Why it was disabled, where nobody asked for it. */
  disabled_reason: string | null;
  /** The types that are sent, in order; `*` for all. */
  events: string[];
  /** `wh_…`. */
  id: string;
  /** Always `webhook`. */
  object: string;
  /** Until when the secret before the last rotation signs, too. */
  previous_secret_expires_at: string | null;
  /** `whsec_…`, shown this once. */
  secret: string;
  /** Whether it gets events. */
  status: WebhookStatus;
  /** Where events are sent. */
  url: string;
  [field: string]: any;
}

/** What happens to the provider's answer when the client has left. */
export type OnDisconnect = 'cancel' | 'drain' | (string & {});

/** What that part of the requests took at most. */
export interface Percentiles {
  /** Half of them. */
  p50: number;
  /** 90 %. */
  p90: number;
  /** 95 %. */
  p95: number;
  /** 99 %. */
  p99: number;
  [field: string]: any;
}

/** The totals of a span. */
export interface PeriodTotals {
  /** Requests that the response cache answered. */
  cached: number;
  /** Tokens out. */
  completion_tokens: number;
  /** Dollars. */
  cost: number;
  /** The end of the last hour covered. */
  end: string;
  /** Requests that ended in an error. */
  errors: number;
  /** Failed requests by the error's code. */
  errors_by_code: Record<string, number>;
  /** Requests whose tokens are our estimate because the provider told none. */
  estimated_requests: number;
  /** Requests that another model answered than was asked for. */
  fallbacks: number;
  /** Requests whose client left, or that a crash cut off. */
  interrupted: number;
  /** How long requests took; absent where nothing was measured. */
  latency?: Latencies | null;
  /** Tokens in. */
  prompt_tokens: number;
  /** Calls of providers beside the first of each request. */
  retries: number;
  /** The first hour covered. */
  start: string;
  /** Requests that were answered as a stream. */
  streamed: number;
  /** Of the tokens, those of each class. */
  token_classes: TokenClasses;
  /** Every accounted request, failed ones too. */
  total_requests: number;
  /** Prompt and completion tokens. */
  total_tokens: number;
  [field: string]: any;
}

/** Prices of requests with more than `above` tokens in. What is absent is as in the `Pricing`. */
export interface PriceTier {
  /** Tokens in. */
  above: number;
  /** See `Pricing::cache_write`. */
  cache_write?: number | null;
  /** See `Pricing::cache_write_1h`. */
  cache_write_1h?: number | null;
  /** See `Pricing::cached_prompt`. */
  cached_prompt?: number | null;
  /** See `Pricing::completion`. */
  completion?: number | null;
  /** See `Pricing::prompt`. */
  prompt?: number | null;
  /** See `Pricing::reasoning`. */
  reasoning?: number | null;
  [field: string]: any;
}

/** `pricing = { prompt = 0.03, completion = 0.06, cached_prompt = 0.003 }`: dollars per 1,000 tokens, but for `request` and `extras`. Each token is priced once, in its own class; a class without a price costs what `prompt` or `completion` costs. */
export interface Pricing {
  /** Tokens of audio out. */
  audio_completion?: number | null;
  /** Tokens of audio in. */
  audio_prompt?: number | null;
  /** Tokens in that were written to a cache for minutes. */
  cache_write?: number | null;
  /** Tokens in that were written to a cache for an hour. */
  cache_write_1h?: number | null;
  /** Tokens in that were read from a cache. */
  cached_prompt?: number | null;
  /** Tokens out. */
  completion: number;
  /** Request fields that change the price, such as `web_search_options`, and the dollars that an answer costs more with each. A field of that kind that is not here is refused. */
  extras?: Record<string, number>;
  /** Tokens of images in. */
  image?: number | null;
  /** Tokens in. */
  prompt: number;
  /** Reasoning tokens out. */
  reasoning?: number | null;
  /** Dollars of each answer, whatever its tokens. */
  request?: number | null;
  /** Other prices where a request asks for this `service_tier`, such as `flex` or `priority`. A tier that is not here is refused. */
  service_tiers?: Record<string, ServiceTier>;
  /** Other prices for long prompts; the tier with the largest `above` that the prompt exceeds counts, for all tokens of the request. */
  tiers?: PriceTier[];
  [field: string]: any;
}

/** `{"type": "prompt", …}`. */
export interface PromptExecutor {
  /** What the model is told first, as it stands: no template. */
  instructions?: string | null;
  /** Tokens of its answer. */
  max_tokens?: number | null;
  /** The model's id. */
  model: string;
  /** What it is asked, as a template. */
  prompt: string;
  /** As in a chat. With JSON the result is the value that the model wrote. */
  response_format?: any;
  /** The same as a template. */
  system?: string | null;
  /** As in a chat. */
  temperature?: number | null;
  [field: string]: any;
}

/** A provider of models. */
export interface Provider {
  /** Its name in the configuration. */
  id: string;
  [field: string]: any;
}

/** What came of the call. */
export interface ProviderTest {
  /** Milliseconds. */
  duration_ms: number;
  /** What is wrong, as a chat would be told. */
  error: any;
  /** The model's name there. */
  model: string;
  /** Whether it answered. */
  ok: boolean;
  /** The provider's id. */
  provider: string;
  [field: string]: any;
}

/** `PUT /config`. */
export interface PutConfig {
  /** All that shall stand over the file: sections of the configuration but `server`. A provider's row may have `api_key`, which is sealed and never shown; without it the key of before stays. */
  config: Record<string, any>;
  /** The version that this was made from: 409 where it is not the last one. */
  version: number;
  [field: string]: any;
}

/** A minute's requests. */
export interface RateLimit {
  /** Requests a minute. */
  limit: number;
  /** How many of them are left, after this one. */
  remaining: number;
  /** When they are all there again. */
  reset: string;
  [field: string]: any;
}

/** Since when. */
export interface RecoverWebhook {
  /** Deliveries that failed since then. */
  since: string;
  [field: string]: any;
}

/** What a recovery did. */
export interface Recovered {
  /** Whether there are more: ask again. */
  has_more: boolean;
  /** Deliveries that are sent again. */
  redelivered: number;
  [field: string]: any;
}

/** A request with all that is known of it. */
export interface RequestDetail {
  /** The calls of providers, the first one first. */
  attempts: AttemptView[];
  /** Whether the response cache answered. */
  cache: boolean;
  /** The error's code. */
  code: string | null;
  /** Tokens out. */
  completion_tokens: number;
  /** Dollars. */
  cost: number;
  /** Dollars by class of token, as prices name them. */
  cost_by_class: Record<string, number>;
  /** When it was admitted. */
  created_at: string;
  /** Milliseconds until it was settled. */
  duration_ms: number;
  /** What was asked for. */
  endpoint: string;
  /** Whether some of the tokens are our estimate. */
  estimated: boolean;
  /** Whether another model answered than was asked for. */
  fallback: boolean;
  /** Milliseconds until the first token of a stream. */
  first_token_ms: number | null;
  /** The status of the answer: 499 where the client had left. */
  http_status: number;
  /** `req_…`. */
  id: string;
  /** The key that called. */
  key: string;
  /** The caller's `metadata`. */
  metadata: Record<string, string>;
  /** The model that was asked for; `null` where none was. */
  model: string | null;
  /** Always `analytics.request`. */
  object: string;
  /** Tokens in. */
  prompt_tokens: number;
  /** The provider that answered. */
  provider: string | null;
  /** Calls of providers beside the first. */
  retries: number;
  /** The run of a workflow that it was a step of. */
  run: string | null;
  /** The model that answered. */
  served_model: string | null;
  /** `completed`, `failed` or `interrupted`. */
  status: string;
  /** Whether it was answered as a stream. */
  stream: boolean;
  /** Of these, those of each class. */
  token_classes: TokenClasses;
  /** The trace that it belongs to, where its caller sent a `traceparent`. */
  trace_id: string | null;
  /** The caller's `user`. */
  user: string | null;
  [field: string]: any;
}

/** A request, without its content. */
export interface RequestLogEntry {
  /** `req_…`. */
  id: string;
  [field: string]: any;
}

/** `{"method", "url", "query", "headers", "body"}`. */
export interface RequestTemplate {
  /** A template: text is sent as it is, anything else as JSON. */
  body?: any;
  /** Templates by name. */
  headers?: Record<string, string>;
  /** `GET` by default. */
  method?: string | null;
  /** Templates by name; a list repeats the name, `null` leaves it out. */
  query?: Record<string, any>;
  /** A template, whose expressions are percent-encoded. */
  url: string;
  [field: string]: any;
}

/** A request in the log: everything but its content. */
export interface RequestView {
  /** Whether the response cache answered. */
  cache: boolean;
  /** The error's code. */
  code: string | null;
  /** Tokens out. */
  completion_tokens: number;
  /** Dollars. */
  cost: number;
  /** When it was admitted. */
  created_at: string;
  /** Milliseconds until it was settled. */
  duration_ms: number;
  /** What was asked for. */
  endpoint: string;
  /** Whether some of the tokens are our estimate. */
  estimated: boolean;
  /** Whether another model answered than was asked for. */
  fallback: boolean;
  /** Milliseconds until the first token of a stream. */
  first_token_ms: number | null;
  /** The status of the answer: 499 where the client had left. */
  http_status: number;
  /** `req_…`. */
  id: string;
  /** The key that called. */
  key: string;
  /** The caller's `metadata`. */
  metadata: Record<string, string>;
  /** The model that was asked for; `null` where none was. */
  model: string | null;
  /** Always `analytics.request`. */
  object: string;
  /** Tokens in. */
  prompt_tokens: number;
  /** The provider that answered. */
  provider: string | null;
  /** Calls of providers beside the first. */
  retries: number;
  /** The run of a workflow that it was a step of. */
  run: string | null;
  /** The model that answered. */
  served_model: string | null;
  /** `completed`, `failed` or `interrupted`. */
  status: string;
  /** Whether it was answered as a stream. */
  stream: boolean;
  /** Of these, those of each class. */
  token_classes: TokenClasses;
  /** The trace that it belongs to, where its caller sent a `traceparent`. */
  trace_id: string | null;
  /** The caller's `user`. */
  user: string | null;
  [field: string]: any;
}

/** `POST /runs/{id}/rerun`. */
export interface Rerun {
  /** A step of the workflow's own list; from the beginning where it is not there. */
  from_step?: string | null;
  [field: string]: any;
}

/** Statuses that endpoints answer. */
export type ResponseClass = '2xx' | '3xx' | '4xx' | '5xx' | 'none' | (string & {});

/** `POST /config/rollback`. */
export interface RollbackConfig {
  /** The version to go back to; 0 for the file alone. */
  version: number;
  [field: string]: any;
}

/** `POST /keys/{id}/rotate`. */
export interface RotateKey {
  /** Seconds for which the old secret lives on: 0 (the default) to 2,592,000 (30 days). */
  grace_period?: number;
  [field: string]: any;
}

/** `POST /webhooks/{id}/rotate`. */
export interface RotateWebhook {
  /** Seconds for which the old secret signs, too: at most a week; none by default. */
  grace_period?: number;
  [field: string]: any;
}

/** A run, without what happened in it where it is one of a list. */
export interface Run {
  created_at: string;
  ended_at: string | null;
  error: StepError | null;
  /** Its id. */
  id: string;
  key: string;
  /** Always `run`. */
  object: string;
  parameters?: any;
  rerun_of?: string | null;
  result?: any;
  scheduled_for?: string | null;
  status: RunStatus;
  steps?: RunStep[];
  /** How many steps the definition has, wherever they stand. */
  total_steps?: number;
  /** Until when it waits. */
  until?: string | null;
  /** The workflow's id. */
  workflow: string;
  [field: string]: any;
}

/** A step of a run began or ended, or the run did. */
export interface RunEvent {
  /** What happened. */
  type?: string;
  /** The run. */
  run?: string;
  /** When. */
  at?: string;
  /** Which step of the definition, from 1; 0 where it is about the run. */
  step?: number | null;
  /** Its id. */
  step_id?: string | null;
  /** How many the definition has. */
  total_steps?: number | null;
  /** How it stands. */
  status?: string | null;
  /** Of the run, once it has completed. */
  result?: any;
  /** Of the step or the run, where it failed. */
  error?: any;
  [field: string]: any;
}

/** How a run stands. */
export type RunStatus = 'queued' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled' | (string & {});

/** A step of a run. */
export interface RunStep {
  attempts: number;
  ended_at: string | null;
  error: StepError | null;
  event?: string | null;
  /** Its id, and the places of the items that it is done for. */
  id: string;
  input: any;
  output: any;
  /** Its bytes, where they are not shown here. */
  output_bytes?: number | null;
  started_at: string | null;
  /** How it stands. */
  status: StepStatus;
  type: string;
  until?: string | null;
  [field: string]: any;
}

/** What a key opens. */
export type Scope = 'chat' | 'models' | 'skills' | 'workflows' | 'files' | 'analytics' | 'webhooks' | 'admin' | (string & {});

/** The names of a skill's secrets; nothing shows their values. */
export interface SecretNames {
  /** In order. */
  names: string[];
  /** Always `skill.secrets`. */
  object: string;
  /** The skill's id. */
  skill: string;
  [field: string]: any;
}

/** Prices of a service tier. What is absent is as in the `Pricing`. */
export interface ServiceTier {
  /** See `Pricing::cache_write`. */
  cache_write?: number | null;
  /** See `Pricing::cache_write_1h`. */
  cache_write_1h?: number | null;
  /** See `Pricing::cached_prompt`. */
  cached_prompt?: number | null;
  /** See `Pricing::completion`. */
  completion?: number | null;
  /** See `Pricing::prompt`. */
  prompt?: number | null;
  /** See `Pricing::reasoning`. */
  reasoning?: number | null;
  /** See `Pricing::tiers`; none where these are none. */
  tiers?: PriceTier[];
  [field: string]: any;
}

/** A skill as it is shown. */
export interface Skill {
  /** Whether it ships with the gateway, and stays as it is. */
  builtin: boolean;
  /** By name; left out of lists. */
  commands?: Record<string, SkillCommand> | null;
  /** When it was installed; `null` for one that ships. */
  created_at: string | null;
  /** What it is good for. */
  description: string;
  /** The account's own name for it. */
  id: string;
  /** For people. */
  name: string;
  /** Always `skill`. */
  object: string;
  /** Whether it may be executed. */
  status: SkillStatus;
  /** When it was last changed; `null` for one that ships. */
  updated_at: string | null;
  /** The manifest's own. */
  version: string;
  [field: string]: any;
}

/** Something a skill does. */
export interface SkillCommand {
  /** What it does, for people and models. */
  description: string;
  /** How it is done. */
  execute: SkillExecutor;
  /** The JSON Schema of its parameters, which are an object. */
  parameters: any;
  [field: string]: any;
}

/** Something a skill does. */
export interface SkillCommandInput {
  /** What it does, for people and models. */
  description?: string;
  /** How it is done. */
  execute: SkillExecutorInput;
  /** The JSON Schema of its parameters, which are an object. */
  parameters?: any;
  [field: string]: any;
}

export type SkillErrorCode = 'invalid_request' | 'not_found' | 'skill_failed' | (string & {});

/** One execution: when, how long and how it ended, and nothing of what it was about. */
export interface SkillExecution {
  /** The error's code. */
  code?: string | null;
  /** The command's name. */
  command: string;
  /** Milliseconds. */
  duration_ms: number;
  /** The request that asked for it. */
  request: string;
  /** When it began. */
  started_at: string;
  /** How it ended. */
  status: SkillExecutionStatus;
  [field: string]: any;
}

/** How an execution ended. */
export type SkillExecutionStatus = 'completed' | 'failed' | 'cancelled' | (string & {});

/** How a command is done. */
export type SkillExecutor = HttpExecutor | McpExecutor | PromptExecutor | BuiltinExecutor;

/** How a command is done. */
export type SkillExecutorInput = HttpExecutorInput | McpExecutor | PromptExecutor | BuiltinExecutor;

/** A skill. */
export interface SkillManifest {
  /** By name. */
  commands?: Record<string, SkillCommandInput>;
  /** What it is good for, for people and models. */
  description?: string;
  /** Lower-case letters, digits and `-`; the account's own name for it. */
  id: string;
  /** The MCP server whose tools are its commands. */
  mcp?: McpServer | null;
  /** For people. */
  name?: string;
  /** The manifest's own, such as `1.0.0`; of an MCP server's tools, a hash of what they are. */
  version?: string;
  [field: string]: any;
}

/** What came of it. */
export interface SkillResult {
  /** What was executed. */
  command: string;
  /** Milliseconds. */
  duration_ms: number;
  /** What came out. */
  result: any;
  /** The skill's id. */
  skill: string;
  [field: string]: any;
}

/** Whether a skill may be executed. */
export type SkillStatus = 'active' | 'disabled' | (string & {});

/** A command of a skill. */
export interface SkillStep {
  /** The command's name. */
  command: string;
  /** A template. */
  parameters?: Record<string, any>;
  /** The skill's id. */
  skill: string;
  [field: string]: any;
}

/** One group's part of a day or an interval. */
export interface Slice {
  /** Dollars. */
  cost: number;
  /** The endpoint. */
  endpoint?: string | null;
  /** Requests that ended in an error. */
  errors: number;
  /** The key's id. */
  key?: string | null;
  /** Its name, in `by_key` and `groups`, while there is such a key. */
  key_name?: string | null;
  /** The model's id. */
  model?: string | null;
  /** The provider's id. */
  provider?: string | null;
  /** Requests. */
  requests: number;
  /** `name:value`. */
  tag?: string | null;
  /** Prompt and completion tokens. */
  tokens: number;
  /** The user. */
  user?: string | null;
  [field: string]: any;
}

/** The order of a list, by when things were made. */
export type SortOrder = 'asc' | 'desc' | (string & {});

/** `POST /workflows/{id}/runs`. */
export interface StartRun {
  /** The run's parameters, an object. */
  parameters?: any;
  [field: string]: any;
}

/** An error of a step or a run. */
export interface StepError {
  /** A code of the API. */
  code: string;
  /** What happened, safe to show. */
  message: string;
  [field: string]: any;
}

/** What becomes of the run where a step fails. */
export type StepOnError = string | string | Record<string, any>;

/** How a step is tried again. */
export interface StepRetry {
  /** Attempts in all, the first among them. */
  attempts: number;
  /** The pause after the first failure; it doubles with each. */
  backoff_seconds?: number;
  [field: string]: any;
}

/** How a step stands. */
export type StepStatus = 'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled' | (string & {});

/** What a stream shows. */
export interface StreamOptions {
  /** Whether a last chunk has the usage. */
  include_usage?: boolean;
  [field: string]: any;
}

/** `POST /providers/{id}/test`. */
export interface TestProvider {
  /** The model's name at the provider; default: that of the first configured model which it serves. */
  model?: string | null;
  [field: string]: any;
}

/** What to send. */
export interface TestWebhook {
  /** The type of the event. */
  event: EventType;
  [field: string]: any;
}

/** One text, or several. */
export type TextOrList = string | string[];

/** What an account may do. */
export type Tier = 'free' | 'pro' | 'enterprise' | (string & {});

/** The answer to `CreateToken`. */
export interface Token {
  /** When it stops working. */
  expires_at: string;
  /** Seconds until then. */
  expires_in: number;
  /** The JWT. */
  token: string;
  /** Always `Bearer`. */
  token_type: string;
  [field: string]: any;
}

/** Tokens that are part of those in and out. */
export interface TokenClasses {
  /** Out, audio. */
  audio_completion: number;
  /** In, audio. */
  audio_prompt: number;
  /** In, written to a cache for minutes. */
  cache_write: number;
  /** In, written to a cache for an hour. */
  cache_write_1h: number;
  /** In, read from a cache. */
  cached: number;
  /** In, images. */
  image: number;
  /** Out, reasoning. */
  reasoning: number;
  [field: string]: any;
}

/** A call of a tool. */
export interface ToolCall {
  /** The function that is called. */
  function: FunctionCall;
  /** What the result names. */
  id: string;
  /** `function`. */
  type: string;
  [field: string]: any;
}

/** A function of the caller's. */
export interface ToolFunction {
  /** What it is good for. */
  description?: string | null;
  /** Its name. */
  name: string;
  /** The JSON Schema of its parameters. */
  parameters?: Record<string, any> | null;
  /** Whether the model keeps to the schema. */
  strict?: boolean | null;
  [field: string]: any;
}

/** `PATCH /accounts/{id}`: what is absent stays, `null` removes. */
export interface UpdateAccount {
  /** What it lets into its chats and out of them, in place of all that were there. */
  guardrails?: GuardrailInput[] | null;
  /** Dollars a UTC month. */
  monthly_budget?: number | null;
  /** 1 to 200 characters. */
  name?: string | null;
  /** Requests a minute. */
  rate_limit?: number | null;
  /** Whether its keys work. */
  status?: AccountStatus | null;
  /** The new tier. */
  tier?: Tier | null;
  [field: string]: any;
}

/** `PATCH /keys/{id}`: what is absent stays, `null` removes. */
export interface UpdateKey {
  /** When it stops working. */
  expires_at?: string | null;
  /** The models it may use. */
  models?: string[] | null;
  /** Dollars a UTC month. */
  monthly_budget?: number | null;
  /** 1 to 200 characters. */
  name?: string | null;
  /** What happens when the client has left. */
  on_disconnect?: OnDisconnect | null;
  /** Requests a minute. */
  rate_limit?: number | null;
  /** Whether its requests may say how they are routed. */
  route_override?: boolean | null;
  /** The new scopes. */
  scopes?: Scope[] | null;
  [field: string]: any;
}

/** `PATCH /skills/{id}`. */
export interface UpdateSkill {
  /** Whether it may be executed. */
  status: SkillStatus;
  [field: string]: any;
}

/** `PATCH /webhooks/{id}`: what is absent stays, `null` removes. */
export interface UpdateWebhook {
  /** As in `CreateWebhook`. */
  description?: string | null;
  /** As in `CreateWebhook`. */
  events?: string[] | null;
  /** Enables or disables it. */
  status?: WebhookStatus | null;
  /** As in `CreateWebhook`. */
  url?: string | null;
  [field: string]: any;
}

/** `PATCH /workflows/{id}`. */
export interface UpdateWorkflow {
  /** Whether it may be run. */
  status: WorkflowStatus;
  [field: string]: any;
}

/** An upload. */
export interface Upload {
  /** Bytes of the file. */
  bytes: number;
  /** Unix seconds. */
  created_at: number;
  /** Unix seconds: when it takes no parts any more. */
  expires_at: number;
  /** The file, once it is one. */
  file: FileObject | null;
  /** The file's name. */
  filename: string;
  /** `upload_…`. */
  id: string;
  /** Always `upload`. */
  object: string;
  /** What it is for. */
  purpose: string;
  /** What has become of it. */
  status: UploadStatus;
  [field: string]: any;
}

/** A part of an upload. */
export interface UploadPart {
  /** Unix seconds. */
  created_at: number;
  /** `part_…`. */
  id: string;
  /** Always `upload.part`. */
  object: string;
  /** The upload. */
  upload_id: string;
  [field: string]: any;
}

/** What has become of an upload. */
export type UploadStatus = 'pending' | 'completed' | 'cancelled' | 'expired' | (string & {});

/** The report. */
export interface UsageReport {
  /** By UTC day, oldest first; days without requests are left out. */
  by_day: Day[];
  /** By key id. */
  by_key: Group[];
  /** By model id. */
  by_model: Group[];
  /** Requests that the response cache answered. */
  cached: number;
  /** Tokens out. */
  completion_tokens: number;
  /** Dollars. */
  cost: number;
  /** The end of the last hour covered. */
  end: string;
  /** Requests that ended in an error. */
  errors: number;
  /** Failed requests by the error's code. */
  errors_by_code: Record<string, number>;
  /** Requests whose tokens are our estimate because the provider told none. */
  estimated_requests: number;
  /** Requests that another model answered than was asked for. */
  fallbacks: number;
  /** What `groups` are of. */
  group_by?: By | null;
  /** At most 1,000: those that cost most. */
  groups?: Group[] | null;
  /** Requests whose client left, or that a crash cut off. */
  interrupted: number;
  /** What `intervals` are of. */
  interval?: Interval | null;
  /** Oldest first; those without requests are left out. */
  intervals?: IntervalTotals[] | null;
  /** How long all this is kept. */
  kept: Kept;
  /** How long requests took; absent where nothing was measured. */
  latency?: Latencies | null;
  /** The word the caller used, or `custom`. */
  period: string;
  /** The totals of as many hours right before `start`. */
  previous: PeriodTotals;
  /** Tokens in. */
  prompt_tokens: number;
  /** Calls of providers beside the first of each request. */
  retries: number;
  /** The first hour covered. */
  start: string;
  /** Requests that were answered as a stream. */
  streamed: number;
  /** Of the tokens, those of each class. */
  token_classes: TokenClasses;
  /** Every accounted request, failed ones too. */
  total_requests: number;
  /** Prompt and completion tokens. */
  total_tokens: number;
  [field: string]: any;
}

/** An endpoint as it is shown. */
export interface Webhook {
  /** When it was made. */
  created_at: string;
  /** For people. */
  description: string | null;
  /** Why it was disabled, where nobody asked for it. */
  disabled_reason: string | null;
  /** The types that are sent, in order; `*` for all. */
  events: string[];
  /** `wh_…`. */
  id: string;
  /** Always `webhook`. */
  object: string;
  /** Until when the secret before the last rotation signs, too. */
  previous_secret_expires_at: string | null;
  /** Whether it gets events. */
  status: WebhookStatus;
  /** Where events are sent. */
  url: string;
  [field: string]: any;
}

/** Whether an endpoint gets events. */
export type WebhookStatus = 'enabled' | 'disabled' | (string & {});

/** A workflow. */
export interface Workflow {
  /** Whether it ships with the gateway. */
  builtin: boolean;
  created_at: string | null;
  description: string;
  /** Its id. */
  id: string;
  /** For people. */
  name: string;
  /** When it runs next by itself. */
  next_runs?: string[] | null;
  /** Always `workflow`. */
  object: string;
  parameters?: any;
  result?: any;
  schedule?: any;
  status: WorkflowStatus;
  steps?: any;
  updated_at: string | null;
  [field: string]: any;
}

/** A workflow. */
export interface WorkflowDefinition {
  /** For people. */
  description?: string;
  /** Its id; made from the name where it is not there. */
  id?: string | null;
  /** For people. */
  name: string;
  /** The JSON Schema of a run's parameters, which are an object. */
  parameters?: any;
  /** A template of the run's result; the last step's where it is not there. */
  result?: any;
  /** When it runs by itself. */
  schedule?: WorkflowSchedule | null;
  /** What is done, one after the other. */
  steps: WorkflowStep[];
  [field: string]: any;
}

/** When a workflow runs by itself. */
export interface WorkflowSchedule {
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  cron: string;
  /** The parameters of each run. */
  parameters?: Record<string, any>;
  /** A zone of the IANA database; UTC where it is not there. */
  timezone?: string;
  [field: string]: any;
}

/** Whether a workflow may be run. */
export type WorkflowStatus = 'active' | 'disabled' | (string & {});

/** A step. */
export interface WorkflowStep {
  /** Its name; `step_1` and so on by its place where it is not there. */
  id?: string | null;
  /** What becomes of the run where the step fails. */
  on_error?: StepOnError;
  /** What is tried again where it fails. */
  retry?: StepRetry | null;
  /** Seconds that one attempt may take, or that an event is waited for. */
  timeout_seconds?: number | null;
  [field: string]: any;
}
