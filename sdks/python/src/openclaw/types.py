"""What goes over the wire. Written by sdks/generate: change the API's document or the template there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Union

from ._object import Object

AccountStatus = Union[
    Literal["active", "suspended"],
    str,
]
"""Whether an account's keys work."""

Anchor = Union[
    Literal["created_at"],
    str,
]
"""The moment from which an expiry counts."""

BuiltinFunction = Union[
    Literal["time"],
    str,
]
"""The functions that there are."""

By = Union[
    Literal["model", "key", "provider", "endpoint", "user", "tag"],
    str,
]
"""What requests are grouped by."""

Role = Union[
    Literal["system", "developer", "user", "assistant", "tool", "function"],
    str,
]
"""Who says a message."""

ConfigurationSource = Union[
    Literal["runtime", "file", "built_in"],
    str,
]
"""Where a row comes from."""

DeliveryStatus = Union[
    Literal["pending", "delivered", "failed"],
    str,
]
"""How far a delivery is."""

EventType = Union[
    Literal["chat.completed", "chat.failed", "skill.executed", "workflow.started", "workflow.completed", "workflow.failed", "file.processed", "file.failed", "key.created", "key.rotated", "key.revoked", "usage.threshold", "rate_limit.exceeded"],
    str,
]
"""What happened."""

FileStatus = Union[
    Literal["uploaded", "processing", "processed", "failed"],
    str,
]
"""What has become of a file."""

GuardrailAction = Union[
    Literal["block", "redact"],
    str,
]
"""What a guardrail does."""

GuardrailPii = Union[
    Literal["email", "phone", "card", "iban", "secret"],
    str,
]
"""A kind of personal data, or of secrets."""

GuardrailSide = Union[
    Literal["input", "output", "both"],
    str,
]
"""Where a guardrail looks."""

Interval = Union[
    Literal["hour", "day"],
    str,
]
"""How long an interval is."""

KeyMode = Union[
    Literal["live", "test"],
    str,
]
"""Whether a key says of itself that it is for tests. Both work alike."""

OnDisconnect = Union[
    Literal["cancel", "drain"],
    str,
]
"""What happens to the provider's answer when the client has left."""

ResponseClass = Union[
    Literal["2xx", "3xx", "4xx", "5xx", "none"],
    str,
]
"""Statuses that endpoints answer."""

RunStatus = Union[
    Literal["queued", "running", "waiting", "completed", "failed", "cancelled"],
    str,
]
"""How a run stands."""

Scope = Union[
    Literal["chat", "models", "skills", "workflows", "files", "analytics", "webhooks", "admin"],
    str,
]
"""What a key opens."""

SkillErrorCode = Union[
    Literal["invalid_request", "not_found", "skill_failed"],
    str,
]

SkillExecutionStatus = Union[
    Literal["completed", "failed", "cancelled"],
    str,
]
"""How an execution ended."""

SkillStatus = Union[
    Literal["active", "disabled"],
    str,
]
"""Whether a skill may be executed."""

SortOrder = Union[
    Literal["asc", "desc"],
    str,
]
"""The order of a list, by when things were made."""

StepStatus = Union[
    Literal["pending", "running", "waiting", "completed", "failed", "cancelled"],
    str,
]
"""How a step stands."""

Tier = Union[
    Literal["free", "pro", "enterprise"],
    str,
]
"""What an account may do."""

UploadStatus = Union[
    Literal["pending", "completed", "cancelled", "expired"],
    str,
]
"""What has become of an upload."""

WebhookStatus = Union[
    Literal["enabled", "disabled"],
    str,
]
"""Whether an endpoint gets events."""

WorkflowStatus = Union[
    Literal["active", "disabled"],
    str,
]
"""Whether a workflow may be run."""


@dataclass(slots=True, kw_only=True)
class Account(Object):
    """An account on the wire and in the store."""

    _names: ClassVar[tuple[str, ...]] = (
        "created_at",
        "id",
        "name",
        "object",
        "status",
        "tier",
        "events",
        "guardrails",
        "monthly_budget",
        "rate_limit",
    )
    created_at: str
    """When it was made."""
    id: str
    """`acct_…`."""
    name: str
    """A name for people."""
    object: str
    """Always `account`."""
    status: AccountStatus
    """Whether its keys work."""
    tier: Tier
    """Its tier."""
    events: list[str] | None = None
    """The types of events that its webhooks want, `*` for all: known wherever the account is, so that one
    without webhooks pays nothing for them."""
    guardrails: list[Guardrail] | None = None
    """What it lets into its chats and out of them, in this order."""
    monthly_budget: float | None = None
    """Dollars a UTC month."""
    rate_limit: int | None = None
    """Requests a minute, where the tier's number does not hold."""


@dataclass(slots=True, kw_only=True)
class AccountGuardrails(Object):
    """`GET` and `PUT /account/guardrails`."""

    _names: ClassVar[tuple[str, ...]] = (
        "guardrails",
    )
    guardrails: list[Guardrail]
    """What the account lets into its chats and out of them, in this order; at most 20."""


@dataclass(slots=True, kw_only=True)
class AccountGuardrailsInput(Object):
    """`GET` and `PUT /account/guardrails`."""

    _names: ClassVar[tuple[str, ...]] = (
        "guardrails",
    )
    guardrails: list[GuardrailInput]
    """What the account lets into its chats and out of them, in this order; at most 20."""


@dataclass(slots=True, kw_only=True)
class AddEvent(Object):
    """`POST /runs/{id}/events`."""

    _names: ClassVar[tuple[str, ...]] = (
        "name",
        "data",
    )
    name: str
    """Its name."""
    data: Any = None
    """What the step that waits for it gives."""


@dataclass(slots=True, kw_only=True)
class AiCompletionStep(Object):
    """A model call."""

    _names: ClassVar[tuple[str, ...]] = (
        "model",
        "prompt",
        "system",
    )
    model: str
    """A template of the model's id."""
    prompt: str
    """A template of what it is asked."""
    system: str | None = None
    """A template of what it is told first."""


@dataclass(slots=True, kw_only=True)
class AssistantMessage(Object):
    """What a model says."""

    _names: ClassVar[tuple[str, ...]] = (
        "role",
        "content",
        "reasoning_content",
        "refusal",
        "thinking_blocks",
        "tool_calls",
    )
    role: str
    """`assistant`."""
    content: str | None = None
    """The text; `null` or absent where it only calls tools."""
    reasoning_content: str | None = None
    """Its reasoning."""
    refusal: str | None = None
    """Its refusal."""
    thinking_blocks: list[dict[str, Any]] | None = None
    """Its reasoning with the signatures that it wants back."""
    tool_calls: list[ToolCall] | None = None
    """What it calls."""


@dataclass(slots=True, kw_only=True)
class AttemptView(Object):
    """A call of a provider."""

    _names: ClassVar[tuple[str, ...]] = (
        "duration_ms",
        "model",
        "provider",
        "code",
        "status",
    )
    duration_ms: int
    """Milliseconds until it had answered (a stream: until something of the answer was there) or failed."""
    model: str
    """The model's name there."""
    provider: str
    """The provider's id."""
    code: str | None = None
    """The error's code, where it failed."""
    status: int | None = None
    """The HTTP status that it answered; `null` where it did not."""


@dataclass(slots=True, kw_only=True)
class AuditEntry(Object):
    """A change that somebody asked for. It is written before the change is made and gets its status after it, so
    none goes unseen."""

    _names: ClassVar[tuple[str, ...]] = (
        "action",
        "actor",
        "at",
        "id",
        "object",
        "path",
        "request",
        "address",
        "status",
    )
    action: str
    """What: the method and the route, such as `PATCH /accounts/{id}`."""
    actor: Actor
    """Who."""
    at: str
    """When."""
    id: str
    """`aud_…`: ids of later ones sort before it."""
    object: str
    """Always `audit.entry`."""
    path: str
    """On what: the path, such as `/accounts/acct_1`."""
    request: str
    """The request's id."""
    address: str | None = None
    """From where: the client's address, where it is known."""
    status: int | None = None
    """What came of it; `null` where the process ended before it answered."""


@dataclass(slots=True, kw_only=True)
class BatchItem(Object):
    """One answer of a batch: what the chat would have given by itself."""

    _names: ClassVar[tuple[str, ...]] = (
        "status",
        "body",
    )
    status: int
    """As the chat's own."""
    body: Any
    """Its answer, or its error."""


@dataclass(slots=True, kw_only=True)
class Budget(Object):
    """A month's money."""

    _names: ClassVar[tuple[str, ...]] = (
        "resets_at",
        "spent",
        "monthly",
    )
    resets_at: str
    """When the month ends."""
    spent: float
    """Dollars that are spent of it, with what is held for requests that run."""
    monthly: float | None = None
    """Dollars a UTC month; `null`: as many as it takes."""


@dataclass(slots=True, kw_only=True)
class BuiltinExecutor(Object):
    """`{"type": "builtin", "name": …}`."""

    _names: ClassVar[tuple[str, ...]] = (
        "name",
    )
    name: BuiltinFunction
    """Which."""


@dataclass(slots=True, kw_only=True)
class Choice(Object):
    """One of the answers."""

    _names: ClassVar[tuple[str, ...]] = (
        "index",
        "message",
        "finish_reason",
    )
    index: int
    """From 0."""
    message: AssistantMessage
    """What the model says."""
    finish_reason: str | None = None
    """Such as `stop`, `length`, `tool_calls` and `content_filter`."""


@dataclass(slots=True, kw_only=True)
class ChunkChoice(Object):
    """A piece of one of the answers."""

    _names: ClassVar[tuple[str, ...]] = (
        "delta",
        "index",
        "finish_reason",
    )
    delta: dict[str, Any]
    """What is new of it: `role`, `content`, `tool_calls` by their index."""
    index: int
    """Which answer."""
    finish_reason: str | None = None
    """In its last chunk; `error` where it broke off."""


@dataclass(slots=True, kw_only=True)
class ChatCompletion(Object):
    """The answer to a chat."""

    _names: ClassVar[tuple[str, ...]] = (
        "choices",
        "created",
        "id",
        "model",
        "object",
        "usage",
    )
    choices: list[Choice]
    """As many as `n` said."""
    created: int
    """Unix seconds."""
    id: str
    """The provider's id for it."""
    model: str
    """The model that answered."""
    object: str
    """Always `chat.completion`."""
    usage: Usage
    """What it took."""


@dataclass(slots=True, kw_only=True)
class ChatCompletionChunk(Object):
    """A piece of an answer that streams."""

    _names: ClassVar[tuple[str, ...]] = (
        "choices",
        "created",
        "id",
        "model",
        "object",
        "error",
        "openclaw",
        "usage",
    )
    choices: list[ChunkChoice]
    """None in a chunk that only has the usage."""
    created: int
    """Unix seconds."""
    id: str
    """The same in all chunks of an answer."""
    model: str
    """The model that answers."""
    object: str
    """Always `chat.completion.chunk`."""
    error: dict[str, Any] | None = None
    """Why the answer breaks off, in the last chunk of `POST /chat/completions/stream`."""
    openclaw: dict[str, Any] | None = None
    """What the gateway itself is doing meanwhile."""
    usage: Usage | None = None
    """What the answer took, once it is over."""

    @property
    def text(self) -> str:
        """What it adds to the first answer."""
        delta = self.choices[0].delta if self.choices else {}
        return delta.get("content") or ""


@dataclass(slots=True, kw_only=True)
class FileReference(Object):
    """A file of the account, or one that comes with the request."""

    _names: ClassVar[tuple[str, ...]] = (
        "file_data",
        "file_id",
        "filename",
    )
    file_data: str | None = None
    """A `data:` URL."""
    file_id: str | None = None
    """`file_…`."""
    filename: str | None = None
    """Its name."""


@dataclass(slots=True, kw_only=True)
class Message(Object):
    """One turn of the conversation."""

    _names: ClassVar[tuple[str, ...]] = (
        "role",
        "content",
        "file_ids",
        "name",
        "reasoning_content",
        "refusal",
        "thinking_blocks",
        "tool_call_id",
        "tool_calls",
    )
    role: Role
    """Who says it."""
    content: ChatContent | None = None
    """What."""
    file_ids: list[str] | None = None
    """Files whose text goes before the content."""
    name: str | None = None
    """A name for the participant."""
    reasoning_content: str | None = None
    """The assistant's reasoning, as `DeepSeek` and vLLM tell it."""
    refusal: str | None = None
    """The assistant's refusal."""
    thinking_blocks: list[dict[str, Any]] | None = None
    """The assistant's reasoning with its signatures, as Anthropic tells it."""
    tool_call_id: str | None = None
    """What a tool's result belongs to."""
    tool_calls: list[ToolCall] | None = None
    """What the assistant called."""


@dataclass(slots=True, kw_only=True)
class ChatParams(Object):
    """A chat. Fields of a vendor's own go on to it as they came."""

    _names: ClassVar[tuple[str, ...]] = (
        "messages",
        "model",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "metadata",
        "n",
        "parallel_tool_calls",
        "presence_penalty",
        "reasoning_effort",
        "response_format",
        "seed",
        "skills",
        "stop",
        "stream",
        "stream_options",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
    )
    messages: list[Message]
    """At least one."""
    model: str
    """The model's id, or `PROVIDER/MODEL`."""
    frequency_penalty: float | None = None
    """-2 to 2."""
    logit_bias: dict[str, float] | None = None
    """By token."""
    logprobs: bool | None = None
    """Whether the tokens' probabilities come with them."""
    max_completion_tokens: int | None = None
    """The same; both only with the same value."""
    max_tokens: int | None = None
    """Tokens of the answer at most."""
    metadata: dict[str, str] | None = None
    """At most 16 short texts; kept with the usage."""
    n: int | None = None
    """Answers."""
    parallel_tool_calls: bool | None = None
    """Whether several tools may be called at once."""
    presence_penalty: float | None = None
    """-2 to 2."""
    reasoning_effort: str | None = None
    """How much the model reasons."""
    response_format: dict[str, Any] | None = None
    """The form of the answer: text, JSON, or JSON by a schema."""
    seed: int | None = None
    """For answers that repeat."""
    skills: list[str] | None = None
    """Ids of skills that the gateway offers to the model, and executes."""
    stop: TextOrList | None = None
    """Where the answer stops."""
    stream: bool | None = None
    """Whether the answer streams."""
    stream_options: StreamOptions | None = None
    """What a stream shows."""
    temperature: float | None = None
    """0 to 2."""
    thinking: dict[str, Any] | None = None
    """Anthropic's field for reasoning."""
    tool_choice: Any = None
    """`none`, `auto`, `required`, or one of the tools."""
    tools: list[Tool] | None = None
    """What the model may call."""
    top_logprobs: int | None = None
    """How many other tokens."""
    top_p: float | None = None
    """0 to 1."""
    user: str | None = None
    """Who it is for; kept with the usage."""


@dataclass(slots=True, kw_only=True)
class Tool(Object):
    """What a model may call."""

    _names: ClassVar[tuple[str, ...]] = (
        "type",
        "function",
    )
    type: str
    """`function`."""
    function: ToolFunction | None = None
    """The function."""


@dataclass(slots=True, kw_only=True)
class Usage(Object):
    """What an answer took."""

    _names: ClassVar[tuple[str, ...]] = (
        "completion_tokens",
        "prompt_tokens",
        "total_tokens",
        "completion_tokens_details",
        "cost",
        "prompt_tokens_details",
    )
    completion_tokens: int
    """Tokens out."""
    prompt_tokens: int
    """Tokens in."""
    total_tokens: int
    """Both."""
    completion_tokens_details: dict[str, Any] | None = None
    """`reasoning_tokens` and others, of the tokens out."""
    cost: float | None = None
    """Dollars."""
    prompt_tokens_details: dict[str, Any] | None = None
    """`cached_tokens` and others, of the tokens in."""


@dataclass(slots=True, kw_only=True)
class CompleteUpload(Object):
    """`POST /uploads/{id}/complete`."""

    _names: ClassVar[tuple[str, ...]] = (
        "part_ids",
        "md5",
    )
    part_ids: list[str]
    """All parts, in the order of the file."""
    md5: str | None = None
    """MD5 of the file in hexadecimal digits, to be compared."""


@dataclass(slots=True, kw_only=True)
class Configuration(Object):
    """The configuration: the file's, what stands over it, and both together."""

    _names: ClassVar[tuple[str, ...]] = (
        "config",
        "effective",
        "file",
        "object",
        "sealed_keys",
        "version",
        "updated_at",
    )
    config: dict[str, Any]
    """What was changed at run time."""
    effective: Any
    """What counts: one over the other."""
    file: Any
    """As the file has it."""
    object: str
    """Always `config`."""
    sealed_keys: list[str]
    """The providers whose key was given at run time, and is sealed."""
    version: int
    """Of what was changed at run time; 0 where nothing was."""
    updated_at: str | None = None
    """When it was changed last."""


@dataclass(slots=True, kw_only=True)
class ConfigurationRow(Object):
    """A row, and where it comes from."""

    _names: ClassVar[tuple[str, ...]] = (
        "id",
        "object",
        "source",
        "has_sealed_key",
    )
    id: str
    """Its name."""
    object: str
    """`provider` or `model.config`."""
    source: ConfigurationSource
    """Where it comes from."""
    has_sealed_key: bool | None = None
    """Whether its key was given at run time; of providers only."""


@dataclass(slots=True, kw_only=True)
class ConfigurationVersion(Object):
    """A version of the configuration at run time."""

    _names: ClassVar[tuple[str, ...]] = (
        "config",
        "id",
        "object",
        "updated_at",
        "version",
    )
    config: dict[str, Any]
    """What stood over the file."""
    id: str
    """Its number, which lists go on `after`."""
    object: str
    """Always `config.version`."""
    updated_at: str
    """When it was made."""
    version: int
    """Its number."""


@dataclass(slots=True, kw_only=True)
class ContentPart(Object):
    """A piece of a message."""

    _names: ClassVar[tuple[str, ...]] = (
        "type",
        "file",
        "image_url",
        "input_audio",
        "text",
    )
    type: str
    """`text`, `image_url`, `input_audio` or `file`."""
    file: FileReference | None = None
    """Of `file`."""
    image_url: ImageUrl | None = None
    """Of `image_url`: an https or `data:` URL."""
    input_audio: InputAudio | None = None
    """Of `input_audio`."""
    text: str | None = None
    """Of `text`."""


@dataclass(slots=True, kw_only=True)
class CreateAccount(Object):
    """`POST /accounts`."""

    _names: ClassVar[tuple[str, ...]] = (
        "name",
        "guardrails",
        "monthly_budget",
        "rate_limit",
        "tier",
    )
    name: str
    """1 to 200 characters."""
    guardrails: list[GuardrailInput] | None = None
    """What it lets into its chats and out of them, in this order; at most 20."""
    monthly_budget: float | None = None
    """Dollars a UTC month."""
    rate_limit: int | None = None
    """Requests a minute, where the tier's number shall not hold; required for `enterprise` unless
    `limits.enterprise` is configured."""
    tier: Tier | None = None
    """Default `free`."""


@dataclass(slots=True, kw_only=True)
class CreateKey(Object):
    """`POST /keys`."""

    _names: ClassVar[tuple[str, ...]] = (
        "name",
        "account",
        "expires_at",
        "mode",
        "models",
        "monthly_budget",
        "on_disconnect",
        "rate_limit",
        "route_override",
        "scopes",
    )
    name: str
    """1 to 200 characters."""
    account: str | None = None
    """The account, where the operator makes the key; an account's own key needs no naming."""
    expires_at: str | None = None
    """When it stops working."""
    mode: KeyMode | None = None
    """Default live."""
    models: list[str] | None = None
    """The models it may use, at most `MAX_MODELS`; absent: all."""
    monthly_budget: float | None = None
    """Dollars a UTC month."""
    on_disconnect: OnDisconnect | None = None
    """Default `cancel`."""
    rate_limit: int | None = None
    """Requests a minute, below the account's own limit."""
    route_override: bool | None = None
    """Whether its requests may say how they are routed (`x-openclaw-provider`, `x-openclaw-strategy`); default:
    no."""
    scopes: list[Scope] | None = None
    """Default: all but `admin`."""


@dataclass(slots=True, kw_only=True)
class CreateToken(Object):
    """`POST /auth/token`."""

    _names: ClassVar[tuple[str, ...]] = (
        "api_key",
        "expires_in",
        "manage_keys",
        "single_use",
    )
    api_key: str
    """A valid API key, a code that was made with `single_use`, or the operator's token."""
    expires_in: int | None = None
    """Seconds, 60 to 86,400; default 3,600."""
    manage_keys: bool | None = None
    """A token that may make, change, rotate and revoke keys where its key may; default false."""
    single_use: bool | None = None
    """A code that is exchanged for a token once, in the field `api_key`, and opens nothing else; default false."""


@dataclass(slots=True, kw_only=True)
class CreateUpload(Object):
    """`POST /uploads`."""

    _names: ClassVar[tuple[str, ...]] = (
        "bytes",
        "filename",
        "mime_type",
        "purpose",
        "expires_after",
    )
    bytes: int
    """Its size."""
    filename: str
    """The file's name."""
    mime_type: str
    """Its media type."""
    purpose: str
    """What it is for."""
    expires_after: ExpiresAfter | None = None
    """When the file goes by itself."""


@dataclass(slots=True, kw_only=True)
class CreateWebhook(Object):
    """`POST /webhooks`."""

    _names: ClassVar[tuple[str, ...]] = (
        "events",
        "url",
        "description",
    )
    events: list[str]
    """1 or more types, or `*`."""
    url: str
    """An https URL of a public host, or one that the operator allows."""
    description: str | None = None
    """At most 500 characters."""


@dataclass(slots=True, kw_only=True)
class CurrentAccount(Object):
    """`GET /account`: whose key it is that asks, and what is left to it."""

    _names: ClassVar[tuple[str, ...]] = (
        "budget",
        "id",
        "key",
        "name",
        "object",
        "rate_limit",
        "scopes",
        "tier",
    )
    budget: Budget
    """The account's money."""
    id: str
    """`acct_…`."""
    key: KeyName
    """The key that asks."""
    name: str
    """A name for people."""
    object: str
    """Always `account`."""
    rate_limit: RateLimit
    """The tightest of the limits that hold for the key."""
    scopes: list[Scope]
    """What the key opens."""
    tier: Tier
    """Its tier."""


@dataclass(slots=True, kw_only=True)
class Day(Object):
    """A day's sums."""

    _names: ClassVar[tuple[str, ...]] = (
        "by_model",
        "cached",
        "completion_tokens",
        "cost",
        "date",
        "errors",
        "errors_by_code",
        "estimated_requests",
        "fallbacks",
        "interrupted",
        "prompt_tokens",
        "requests",
        "retries",
        "streamed",
        "token_classes",
        "tokens",
        "endpoint",
        "key",
        "key_name",
        "latency",
        "model",
        "provider",
        "tag",
        "user",
    )
    by_model: list[Slice]
    """The same by model."""
    cached: int
    """Requests that the response cache answered."""
    completion_tokens: int
    """Tokens out."""
    cost: float
    """Dollars."""
    date: str
    """`2026-02-28`."""
    errors: int
    """Requests that ended in an error."""
    errors_by_code: dict[str, int]
    """Failed requests by the error's code."""
    estimated_requests: int
    """Requests whose tokens are our estimate because the provider told none."""
    fallbacks: int
    """Requests that another model answered than was asked for."""
    interrupted: int
    """Requests whose client left, or that a crash cut off."""
    prompt_tokens: int
    """Tokens in."""
    requests: int
    """Requests."""
    retries: int
    """Calls of providers beside the first of each request."""
    streamed: int
    """Requests that were answered as a stream."""
    token_classes: TokenClasses
    """Of the tokens, those of each class."""
    tokens: int
    """Prompt and completion tokens."""
    endpoint: str | None = None
    """The endpoint."""
    key: str | None = None
    """The key's id."""
    key_name: str | None = None
    """Its name, in `by_key` and `groups`, while there is such a key."""
    latency: Latencies | None = None
    """How long requests took; absent where nothing was measured."""
    model: str | None = None
    """The model's id."""
    provider: str | None = None
    """The provider's id."""
    tag: str | None = None
    """`name:value`."""
    user: str | None = None
    """The user."""


@dataclass(slots=True, kw_only=True)
class Deleted(Object):
    """`{"id":…,"object":…,"deleted":true}`."""

    _names: ClassVar[tuple[str, ...]] = (
        "deleted",
        "id",
        "object",
    )
    deleted: bool
    """Always true."""
    id: str
    """What is gone."""
    object: str
    """The kind of thing."""


@dataclass(slots=True, kw_only=True)
class Delivery(Object):
    """A delivery as it is shown in a list."""

    _names: ClassVar[tuple[str, ...]] = (
        "attempts",
        "created_at",
        "event",
        "id",
        "object",
        "status",
        "type",
        "webhook",
        "error",
        "finished_at",
        "response_status",
    )
    attempts: int
    """Attempts that were made."""
    created_at: str
    """When it was made."""
    event: str
    """The event's id, which is the `webhook-id` of every attempt."""
    id: str
    """`dlv_…`: ids of later ones sort before it."""
    object: str
    """Always `webhook.delivery`."""
    status: DeliveryStatus
    """How far it is."""
    type: str
    """The event's type."""
    webhook: str
    """The endpoint."""
    error: str | None = None
    """Why the last attempt failed."""
    finished_at: str | None = None
    """When it was delivered or given up."""
    response_status: int | None = None
    """The status that the endpoint answered last."""


@dataclass(slots=True, kw_only=True)
class DeliveryAttempt(Object):
    """One attempt."""

    _names: ClassVar[tuple[str, ...]] = (
        "at",
        "attempt",
        "duration_ms",
        "request",
        "error",
        "response",
    )
    at: str
    """When it began."""
    attempt: int
    """1 for the first."""
    duration_ms: int
    """How long it took."""
    request: DeliveryRequest
    """What was sent; the body is the delivery's payload."""
    error: str | None = None
    """Why it failed, if it did."""
    response: DeliveryResponse | None = None
    """What came back, if something did."""


@dataclass(slots=True, kw_only=True)
class DeliveryDetail(Object):
    """A delivery with everything that is known of it."""

    _names: ClassVar[tuple[str, ...]] = (
        "attempts",
        "attempts_made",
        "created_at",
        "event",
        "id",
        "object",
        "payload",
        "status",
        "type",
        "webhook",
        "error",
        "finished_at",
        "next_attempt_at",
        "response_status",
    )
    attempts: int
    """Attempts that were made."""
    attempts_made: list[DeliveryAttempt]
    """The attempts, the first one first."""
    created_at: str
    """When it was made."""
    event: str
    """The event's id, which is the `webhook-id` of every attempt."""
    id: str
    """`dlv_…`: ids of later ones sort before it."""
    object: str
    """Always `webhook.delivery`."""
    payload: Any
    """What is sent."""
    status: DeliveryStatus
    """How far it is."""
    type: str
    """The event's type."""
    webhook: str
    """The endpoint."""
    error: str | None = None
    """Why the last attempt failed."""
    finished_at: str | None = None
    """When it was delivered or given up."""
    next_attempt_at: str | None = None
    """When it is tried next."""
    response_status: int | None = None
    """The status that the endpoint answered last."""


@dataclass(slots=True, kw_only=True)
class DeliveryRequest(Object):
    """What was sent."""

    _names: ClassVar[tuple[str, ...]] = (
        "headers",
        "url",
    )
    headers: dict[str, str]
    """Without the signature's value."""
    url: str
    """Where to."""


@dataclass(slots=True, kw_only=True)
class DeliveryResponse(Object):
    """What came back."""

    _names: ClassVar[tuple[str, ...]] = (
        "body",
        "headers",
        "status",
        "truncated",
    )
    body: str
    """The first 64 KiB, as text."""
    headers: dict[str, str]
    """The first 50, without values that look like secrets."""
    status: int
    """The status."""
    truncated: bool
    """Whether there was more."""


@dataclass(slots=True, kw_only=True)
class Embeddings(Object):
    """Vectors, in the order of the texts."""

    _names: ClassVar[tuple[str, ...]] = (
        "data",
        "model",
        "usage",
    )
    data: list[dict[str, Any]]
    """Each with `index` and `embedding`."""
    model: str
    """The model."""
    usage: Usage | None = None
    """What it took."""


@dataclass(slots=True, kw_only=True)
class ExecuteSkill(Object):
    """`POST /skills/{id}/execute`."""

    _names: ClassVar[tuple[str, ...]] = (
        "command",
        "parameters",
    )
    command: str
    """One of the skill's."""
    parameters: Any = None
    """As the command's schema wants them; an empty object by default."""


@dataclass(slots=True, kw_only=True)
class ExpiresAfter(Object):
    """When a file goes by itself."""

    _names: ClassVar[tuple[str, ...]] = (
        "anchor",
        "seconds",
    )
    anchor: Anchor
    """Since when the seconds count."""
    seconds: int
    """3,600 to 2,592,000."""


@dataclass(slots=True, kw_only=True)
class FileObject(Object):
    """A file."""

    _names: ClassVar[tuple[str, ...]] = (
        "bytes",
        "content_type",
        "created_at",
        "filename",
        "id",
        "object",
        "purpose",
        "sha256",
        "size",
        "status",
        "error",
        "expires_at",
        "tokens",
    )
    bytes: int
    """The same, as OpenAI calls it."""
    content_type: str
    """The media type."""
    created_at: int
    """Unix seconds."""
    filename: str
    """As its sender called it: data, never a path."""
    id: str
    """`file_…`."""
    object: str
    """Always `file`."""
    purpose: str
    """What it is for, as its sender said."""
    sha256: str
    """SHA-256 of the bytes, in hexadecimal digits."""
    size: int
    """Bytes."""
    status: FileStatus
    """What has become of it."""
    error: str | None = None
    """Why it failed."""
    expires_at: int | None = None
    """Unix seconds; `null`: it stays."""
    tokens: int | None = None
    """Tokens of the text, about; `null` before it is processed, and where there is no text."""


@dataclass(slots=True, kw_only=True)
class FunctionCall(Object):
    """A call of a function."""

    _names: ClassVar[tuple[str, ...]] = (
        "arguments",
        "name",
    )
    arguments: str
    """JSON, as the model wrote it."""
    name: str
    """Which."""


@dataclass(slots=True, kw_only=True)
class Group(Object):
    """The sums over one of what was grouped by."""

    _names: ClassVar[tuple[str, ...]] = (
        "cached",
        "completion_tokens",
        "cost",
        "errors",
        "errors_by_code",
        "estimated_requests",
        "fallbacks",
        "interrupted",
        "prompt_tokens",
        "requests",
        "retries",
        "streamed",
        "token_classes",
        "tokens",
        "endpoint",
        "key",
        "key_name",
        "latency",
        "model",
        "provider",
        "tag",
        "user",
    )
    cached: int
    """Requests that the response cache answered."""
    completion_tokens: int
    """Tokens out."""
    cost: float
    """Dollars."""
    errors: int
    """Requests that ended in an error."""
    errors_by_code: dict[str, int]
    """Failed requests by the error's code."""
    estimated_requests: int
    """Requests whose tokens are our estimate because the provider told none."""
    fallbacks: int
    """Requests that another model answered than was asked for."""
    interrupted: int
    """Requests whose client left, or that a crash cut off."""
    prompt_tokens: int
    """Tokens in."""
    requests: int
    """Requests."""
    retries: int
    """Calls of providers beside the first of each request."""
    streamed: int
    """Requests that were answered as a stream."""
    token_classes: TokenClasses
    """Of the tokens, those of each class."""
    tokens: int
    """Prompt and completion tokens."""
    endpoint: str | None = None
    """The endpoint."""
    key: str | None = None
    """The key's id."""
    key_name: str | None = None
    """Its name, in `by_key` and `groups`, while there is such a key."""
    latency: Latencies | None = None
    """How long requests took; absent where nothing was measured."""
    model: str | None = None
    """The model's id."""
    provider: str | None = None
    """The provider's id."""
    tag: str | None = None
    """`name:value`."""
    user: str | None = None
    """The user."""


@dataclass(slots=True, kw_only=True)
class Guardrail(Object):
    """A rule: it has `patterns` or `pii` or both, or `max_input_characters` alone."""

    _names: ClassVar[tuple[str, ...]] = (
        "action",
        "name",
        "on",
        "max_input_characters",
        "patterns",
        "pii",
    )
    action: GuardrailAction
    """What becomes of a request or an answer in which it finds something."""
    name: str
    """What errors call it: 1 to 64 characters, each name once."""
    on: GuardrailSide
    """Where it looks; default `both`."""
    max_input_characters: int | None = None
    """The most characters that all texts of a request may have together; its action is `block`."""
    patterns: list[str] | None = None
    """Regular expressions, at most 50 of at most 500 bytes. They are those of the Rust crate `regex`: no look-
    around, no back references, time linear in the text."""
    pii: list[GuardrailPii] | None = None
    """Kinds of personal data and secrets."""


@dataclass(slots=True, kw_only=True)
class GuardrailInput(Object):
    """A rule: it has `patterns` or `pii` or both, or `max_input_characters` alone."""

    _names: ClassVar[tuple[str, ...]] = (
        "action",
        "name",
        "max_input_characters",
        "on",
        "patterns",
        "pii",
    )
    action: GuardrailAction
    """What becomes of a request or an answer in which it finds something."""
    name: str
    """What errors call it: 1 to 64 characters, each name once."""
    max_input_characters: int | None = None
    """The most characters that all texts of a request may have together; its action is `block`."""
    on: GuardrailSide | None = None
    """Where it looks; default `both`."""
    patterns: list[str] | None = None
    """Regular expressions, at most 50 of at most 500 bytes. They are those of the Rust crate `regex`: no look-
    around, no back references, time linear in the text."""
    pii: list[GuardrailPii] | None = None
    """Kinds of personal data and secrets."""


@dataclass(slots=True, kw_only=True)
class Health(Object):
    """`{"status","version","uptime","models","checks"}`."""

    _names: ClassVar[tuple[str, ...]] = (
        "checks",
        "models",
        "status",
        "uptime",
        "version",
    )
    checks: HealthChecks
    """What was looked at."""
    models: list[str]
    """Those of the built-in catalog: what the operator calls its own, only keys are shown."""
    status: str
    """`healthy`, or `degraded` while a check fails."""
    uptime: int
    """Seconds since this process or isolate started."""
    version: str
    """The gateway's."""


@dataclass(slots=True, kw_only=True)
class HealthChecks(Object):
    """Each `ok` or `failing`."""

    _names: ClassVar[tuple[str, ...]] = (
        "models",
        "storage",
    )
    models: str
    """Whether there are models."""
    storage: str
    """Whether the store answers."""


@dataclass(slots=True, kw_only=True)
class HttpErrorRule(Object):
    """An answer that is an error."""

    _names: ClassVar[tuple[str, ...]] = (
        "code",
        "message",
        "when",
    )
    code: SkillErrorCode
    message: str
    """A template."""
    when: str
    """A template: where its value is true."""


@dataclass(slots=True, kw_only=True)
class HttpErrorRuleInput(Object):
    """An answer that is an error."""

    _names: ClassVar[tuple[str, ...]] = (
        "message",
        "when",
        "code",
    )
    message: str
    """A template."""
    when: str
    """A template: where its value is true."""
    code: SkillErrorCode | None = None


@dataclass(slots=True, kw_only=True)
class HttpExecutor(Object):
    """`{"type": "http", …}`."""

    _names: ClassVar[tuple[str, ...]] = (
        "steps",
        "result",
    )
    steps: list[HttpStep]
    """The requests, one after the other; each sees the answers before it."""
    result: Any = None
    """What is made of the answers; the body of the last one where it is not there."""


@dataclass(slots=True, kw_only=True)
class HttpExecutorInput(Object):
    """`{"type": "http", …}`."""

    _names: ClassVar[tuple[str, ...]] = (
        "steps",
        "result",
    )
    steps: list[HttpStepInput]
    """The requests, one after the other; each sees the answers before it."""
    result: Any = None
    """What is made of the answers; the body of the last one where it is not there."""


@dataclass(slots=True, kw_only=True)
class HttpStep(Object):
    """One request."""

    _names: ClassVar[tuple[str, ...]] = (
        "url",
        "body",
        "errors",
        "headers",
        "id",
        "method",
        "query",
    )
    url: str
    """A template, whose expressions are percent-encoded."""
    body: Any = None
    """A template: text is sent as it is, anything else as JSON."""
    errors: list[HttpErrorRule] | None = None
    """What of the answers is an error."""
    headers: dict[str, str] | None = None
    """Templates by name."""
    id: str | None = None
    """Its name for later steps; `step_1` and so on by default."""
    method: str | None = None
    """`GET` by default."""
    query: dict[str, Any] | None = None
    """Templates by name; a list repeats the name, `null` leaves it out."""


@dataclass(slots=True, kw_only=True)
class HttpStepInput(Object):
    """One request."""

    _names: ClassVar[tuple[str, ...]] = (
        "url",
        "body",
        "errors",
        "headers",
        "id",
        "method",
        "query",
    )
    url: str
    """A template, whose expressions are percent-encoded."""
    body: Any = None
    """A template: text is sent as it is, anything else as JSON."""
    errors: list[HttpErrorRuleInput] | None = None
    """What of the answers is an error."""
    headers: dict[str, str] | None = None
    """Templates by name."""
    id: str | None = None
    """Its name for later steps; `step_1` and so on by default."""
    method: str | None = None
    """`GET` by default."""
    query: dict[str, Any] | None = None
    """Templates by name; a list repeats the name, `null` leaves it out."""


@dataclass(slots=True, kw_only=True)
class ImageUrl(Object):
    """A picture."""

    _names: ClassVar[tuple[str, ...]] = (
        "url",
        "detail",
    )
    url: str
    """An https URL of a public host, or a `data:` URL."""
    detail: str | None = None
    """How closely it is looked at."""


@dataclass(slots=True, kw_only=True)
class InputAudio(Object):
    """Sound."""

    _names: ClassVar[tuple[str, ...]] = (
        "data",
        "format",
    )
    data: str
    """In base64."""
    format: str
    """Such as `wav`."""


@dataclass(slots=True, kw_only=True)
class IntervalTotals(Object):
    """An interval's sums."""

    _names: ClassVar[tuple[str, ...]] = (
        "cached",
        "completion_tokens",
        "cost",
        "errors",
        "errors_by_code",
        "estimated_requests",
        "fallbacks",
        "groups",
        "interrupted",
        "prompt_tokens",
        "requests",
        "retries",
        "start",
        "streamed",
        "token_classes",
        "tokens",
        "endpoint",
        "key",
        "key_name",
        "latency",
        "model",
        "provider",
        "tag",
        "user",
    )
    cached: int
    """Requests that the response cache answered."""
    completion_tokens: int
    """Tokens out."""
    cost: float
    """Dollars."""
    errors: int
    """Requests that ended in an error."""
    errors_by_code: dict[str, int]
    """Failed requests by the error's code."""
    estimated_requests: int
    """Requests whose tokens are our estimate because the provider told none."""
    fallbacks: int
    """Requests that another model answered than was asked for."""
    groups: list[Slice]
    """The same by what was grouped by."""
    interrupted: int
    """Requests whose client left, or that a crash cut off."""
    prompt_tokens: int
    """Tokens in."""
    requests: int
    """Requests."""
    retries: int
    """Calls of providers beside the first of each request."""
    start: str
    """When it starts."""
    streamed: int
    """Requests that were answered as a stream."""
    token_classes: TokenClasses
    """Of the tokens, those of each class."""
    tokens: int
    """Prompt and completion tokens."""
    endpoint: str | None = None
    """The endpoint."""
    key: str | None = None
    """The key's id."""
    key_name: str | None = None
    """Its name, in `by_key` and `groups`, while there is such a key."""
    latency: Latencies | None = None
    """How long requests took; absent where nothing was measured."""
    model: str | None = None
    """The model's id."""
    provider: str | None = None
    """The provider's id."""
    tag: str | None = None
    """`name:value`."""
    user: str | None = None
    """The user."""


@dataclass(slots=True, kw_only=True)
class Kept(Object):
    """Days after which requests and sums are gone."""

    _names: ClassVar[tuple[str, ...]] = (
        "request_days",
        "sum_days",
    )
    request_days: int
    """Single requests, and sums by user and tag."""
    sum_days: int
    """All other sums."""


@dataclass(slots=True, kw_only=True)
class Key(Object):
    """A key with what it has spent: how it is shown."""

    _names: ClassVar[tuple[str, ...]] = (
        "account",
        "budget_resets_at",
        "created_at",
        "id",
        "mode",
        "name",
        "object",
        "on_disconnect",
        "route_override",
        "scopes",
        "spent",
        "expires_at",
        "last_used_at",
        "models",
        "monthly_budget",
        "previous_secret_expires_at",
        "rate_limit",
    )
    account: str
    """The account it belongs to."""
    budget_resets_at: str
    """When the month ends."""
    created_at: str
    """When it was made."""
    id: str
    """`key_…`."""
    mode: KeyMode
    """Live or test."""
    name: str
    """A name for people."""
    object: str
    """Always `key`."""
    on_disconnect: OnDisconnect
    """What happens when the client has left."""
    route_override: bool
    """Whether its requests may say how they are routed."""
    scopes: list[Scope]
    """What it opens."""
    spent: float
    """Dollars in this UTC month, with what is held for requests that run."""
    expires_at: str | None = None
    """When it stops working."""
    last_used_at: str | None = None
    """When it was last used, to the minute."""
    models: list[str] | None = None
    """The models it may use; `null`: all."""
    monthly_budget: float | None = None
    """Dollars a UTC month."""
    previous_secret_expires_at: str | None = None
    """Until when its secret of before the last rotation works."""
    rate_limit: int | None = None
    """Requests a minute."""


@dataclass(slots=True, kw_only=True)
class KeyName(Object):
    """A key by its name."""

    _names: ClassVar[tuple[str, ...]] = (
        "id",
        "name",
    )
    id: str
    """`key_…`."""
    name: str
    """A name for people."""


@dataclass(slots=True, kw_only=True)
class Latencies(Object):
    """Milliseconds, within 6.25 %."""

    _names: ClassVar[tuple[str, ...]] = (
        "duration_ms",
        "first_token_ms",
    )
    duration_ms: Percentiles | None = None
    """From admission to settlement."""
    first_token_ms: Percentiles | None = None
    """From admission to the first token of a stream."""


@dataclass(slots=True, kw_only=True)
class McpExecutor(Object):
    """`{"type": "mcp", …}`."""

    _names: ClassVar[tuple[str, ...]] = (
        "tool",
        "url",
        "headers",
        "revision",
    )
    tool: str
    """The tool's name there."""
    url: str
    """Its endpoint, as it stands: no template."""
    headers: dict[str, str] | None = None
    """Templates by name, which see `secrets`."""
    revision: str | None = None
    """The revision of the protocol that it spoke last; it saves a request where that is an older one."""


@dataclass(slots=True, kw_only=True)
class McpServer(Object):
    """An MCP server over Streamable HTTP."""

    _names: ClassVar[tuple[str, ...]] = (
        "url",
        "headers",
        "revision",
    )
    url: str
    """Its endpoint, as it stands: no template."""
    headers: dict[str, str] | None = None
    """Templates by name, which see `secrets`."""
    revision: str | None = None
    """The revision of the protocol that it spoke last; it saves a request where that is an older one."""


@dataclass(slots=True, kw_only=True)
class Model(Object):
    """A model on the wire: the seed's fields and OpenAI's."""

    _names: ClassVar[tuple[str, ...]] = (
        "capabilities",
        "context_length",
        "created",
        "id",
        "name",
        "object",
        "owned_by",
        "pricing",
        "provider",
        "targets",
    )
    capabilities: list[str]
    """Such as `chat`, `tools` and `vision`."""
    context_length: int
    """Tokens."""
    created: int
    """Unix seconds; OpenAI's SDKs want one, the catalog has none."""
    id: str
    """What requests name."""
    name: str
    """For people."""
    object: str
    """Always `model`."""
    owned_by: str
    """The provider, as OpenAI calls it."""
    pricing: Pricing
    """Dollars per 1,000 tokens."""
    provider: str
    """The first target's provider."""
    targets: list[ModelTarget] | None = None
    """Where it is served; for the operator only."""


@dataclass(slots=True, kw_only=True)
class ModelTarget(Object):
    """A place that serves a model."""

    _names: ClassVar[tuple[str, ...]] = (
        "model",
        "provider",
        "weight",
        "cooling_down_until",
    )
    model: str
    """The model's name there."""
    provider: str
    """The provider."""
    weight: int
    """Its share of the requests, beside the other targets' weights."""
    cooling_down_until: str | None = None
    """Until when a process passes it over because it failed; `null` where none does. Told within the time that a
    write takes, and until it has passed, even where the target answers again."""


@dataclass(slots=True, kw_only=True)
class NewKey(Object):
    """A key at the one moment its secret is known: as it is made, `Key`, or as it is shown, `KeySpending`."""

    _names: ClassVar[tuple[str, ...]] = (
        "account",
        "budget_resets_at",
        "created_at",
        "id",
        "key",
        "mode",
        "name",
        "object",
        "on_disconnect",
        "route_override",
        "scopes",
        "spent",
        "expires_at",
        "last_used_at",
        "models",
        "monthly_budget",
        "previous_secret_expires_at",
        "rate_limit",
    )
    account: str
    """The account it belongs to."""
    budget_resets_at: str
    """When the month ends."""
    created_at: str
    """When it was made."""
    id: str
    """`key_…`."""
    key: str
    """`oc_live_…`: shown once, stored nowhere."""
    mode: KeyMode
    """Live or test."""
    name: str
    """A name for people."""
    object: str
    """Always `key`."""
    on_disconnect: OnDisconnect
    """What happens when the client has left."""
    route_override: bool
    """Whether its requests may say how they are routed."""
    scopes: list[Scope]
    """What it opens."""
    spent: float
    """Dollars in this UTC month, with what is held for requests that run."""
    expires_at: str | None = None
    """When it stops working."""
    last_used_at: str | None = None
    """When it was last used, to the minute."""
    models: list[str] | None = None
    """The models it may use; `null`: all."""
    monthly_budget: float | None = None
    """Dollars a UTC month."""
    previous_secret_expires_at: str | None = None
    """Until when its secret of before the last rotation works."""
    rate_limit: int | None = None
    """Requests a minute."""


@dataclass(slots=True, kw_only=True)
class NewWebhook(Object):
    """What `POST /webhooks` and a rotation answer."""

    _names: ClassVar[tuple[str, ...]] = (
        "created_at",
        "events",
        "id",
        "object",
        "secret",
        "status",
        "url",
        "description",
        "disabled_reason",
        "previous_secret_expires_at",
    )
    created_at: str
    """When it was made."""
    events: list[str]
    """The types that are sent, in order; `*` for all."""
    id: str
    """`wh_…`."""
    object: str
    """Always `webhook`."""
    secret: str
    """`whsec_…`, shown this once."""
    status: WebhookStatus
    """Whether it gets events."""
    url: str
    """Where events are sent."""
    description: str | None = None
    """For people."""
    disabled_reason: str | None = None
    """Why it was disabled, where nobody asked for it."""
    previous_secret_expires_at: str | None = None
    """Until when the secret before the last rotation signs, too."""


@dataclass(slots=True, kw_only=True)
class Percentiles(Object):
    """What that part of the requests took at most."""

    _names: ClassVar[tuple[str, ...]] = (
        "p50",
        "p90",
        "p95",
        "p99",
    )
    p50: int
    """Half of them."""
    p90: int
    """90 %."""
    p95: int
    """95 %."""
    p99: int
    """99 %."""


@dataclass(slots=True, kw_only=True)
class PeriodTotals(Object):
    """The totals of a span."""

    _names: ClassVar[tuple[str, ...]] = (
        "cached",
        "completion_tokens",
        "cost",
        "end",
        "errors",
        "errors_by_code",
        "estimated_requests",
        "fallbacks",
        "interrupted",
        "prompt_tokens",
        "retries",
        "start",
        "streamed",
        "token_classes",
        "total_requests",
        "total_tokens",
        "latency",
    )
    cached: int
    """Requests that the response cache answered."""
    completion_tokens: int
    """Tokens out."""
    cost: float
    """Dollars."""
    end: str
    """The end of the last hour covered."""
    errors: int
    """Requests that ended in an error."""
    errors_by_code: dict[str, int]
    """Failed requests by the error's code."""
    estimated_requests: int
    """Requests whose tokens are our estimate because the provider told none."""
    fallbacks: int
    """Requests that another model answered than was asked for."""
    interrupted: int
    """Requests whose client left, or that a crash cut off."""
    prompt_tokens: int
    """Tokens in."""
    retries: int
    """Calls of providers beside the first of each request."""
    start: str
    """The first hour covered."""
    streamed: int
    """Requests that were answered as a stream."""
    token_classes: TokenClasses
    """Of the tokens, those of each class."""
    total_requests: int
    """Every accounted request, failed ones too."""
    total_tokens: int
    """Prompt and completion tokens."""
    latency: Latencies | None = None
    """How long requests took; absent where nothing was measured."""


@dataclass(slots=True, kw_only=True)
class PriceTier(Object):
    """Prices of requests with more than `above` tokens in. What is absent is as in the `Pricing`."""

    _names: ClassVar[tuple[str, ...]] = (
        "above",
        "cache_write",
        "cache_write_1h",
        "cached_prompt",
        "completion",
        "prompt",
        "reasoning",
    )
    above: int
    """Tokens in."""
    cache_write: float | None = None
    """See `Pricing::cache_write`."""
    cache_write_1h: float | None = None
    """See `Pricing::cache_write_1h`."""
    cached_prompt: float | None = None
    """See `Pricing::cached_prompt`."""
    completion: float | None = None
    """See `Pricing::completion`."""
    prompt: float | None = None
    """See `Pricing::prompt`."""
    reasoning: float | None = None
    """See `Pricing::reasoning`."""


@dataclass(slots=True, kw_only=True)
class Pricing(Object):
    """`pricing = { prompt = 0.03, completion = 0.06, cached_prompt = 0.003 }`: dollars per 1,000 tokens, but for
    `request` and `extras`. Each token is priced once, in its own class; a class without a price costs what
    `prompt` or `completion` costs."""

    _names: ClassVar[tuple[str, ...]] = (
        "completion",
        "prompt",
        "audio_completion",
        "audio_prompt",
        "cache_write",
        "cache_write_1h",
        "cached_prompt",
        "extras",
        "image",
        "reasoning",
        "request",
        "service_tiers",
        "tiers",
    )
    completion: float
    """Tokens out."""
    prompt: float
    """Tokens in."""
    audio_completion: float | None = None
    """Tokens of audio out."""
    audio_prompt: float | None = None
    """Tokens of audio in."""
    cache_write: float | None = None
    """Tokens in that were written to a cache for minutes."""
    cache_write_1h: float | None = None
    """Tokens in that were written to a cache for an hour."""
    cached_prompt: float | None = None
    """Tokens in that were read from a cache."""
    extras: dict[str, float] | None = None
    """Request fields that change the price, such as `web_search_options`, and the dollars that an answer costs
    more with each. A field of that kind that is not here is refused."""
    image: float | None = None
    """Tokens of images in."""
    reasoning: float | None = None
    """Reasoning tokens out."""
    request: float | None = None
    """Dollars of each answer, whatever its tokens."""
    service_tiers: dict[str, ServiceTier] | None = None
    """Other prices where a request asks for this `service_tier`, such as `flex` or `priority`. A tier that is
    not here is refused."""
    tiers: list[PriceTier] | None = None
    """Other prices for long prompts; the tier with the largest `above` that the prompt exceeds counts, for all
    tokens of the request."""


@dataclass(slots=True, kw_only=True)
class PromptExecutor(Object):
    """`{"type": "prompt", …}`."""

    _names: ClassVar[tuple[str, ...]] = (
        "model",
        "prompt",
        "instructions",
        "max_tokens",
        "response_format",
        "system",
        "temperature",
    )
    model: str
    """The model's id."""
    prompt: str
    """What it is asked, as a template."""
    instructions: str | None = None
    """What the model is told first, as it stands: no template."""
    max_tokens: int | None = None
    """Tokens of its answer."""
    response_format: Any = None
    """As in a chat. With JSON the result is the value that the model wrote."""
    system: str | None = None
    """The same as a template."""
    temperature: float | None = None
    """As in a chat."""


@dataclass(slots=True, kw_only=True)
class Provider(Object):
    """A provider of models."""

    _names: ClassVar[tuple[str, ...]] = (
        "id",
    )
    id: str
    """Its name in the configuration."""


@dataclass(slots=True, kw_only=True)
class ProviderTest(Object):
    """What came of the call."""

    _names: ClassVar[tuple[str, ...]] = (
        "duration_ms",
        "error",
        "model",
        "ok",
        "provider",
    )
    duration_ms: int
    """Milliseconds."""
    error: Any
    """What is wrong, as a chat would be told."""
    model: str
    """The model's name there."""
    ok: bool
    """Whether it answered."""
    provider: str
    """The provider's id."""


@dataclass(slots=True, kw_only=True)
class PutConfig(Object):
    """`PUT /config`."""

    _names: ClassVar[tuple[str, ...]] = (
        "config",
        "version",
    )
    config: dict[str, Any]
    """All that shall stand over the file: sections of the configuration but `server`. A provider's row may have
    `api_key`, which is sealed and never shown; without it the key of before stays."""
    version: int
    """The version that this was made from: 409 where it is not the last one."""


@dataclass(slots=True, kw_only=True)
class RateLimit(Object):
    """A minute's requests."""

    _names: ClassVar[tuple[str, ...]] = (
        "limit",
        "remaining",
        "reset",
    )
    limit: int
    """Requests a minute."""
    remaining: int
    """How many of them are left, after this one."""
    reset: str
    """When they are all there again."""


@dataclass(slots=True, kw_only=True)
class RecoverWebhook(Object):
    """Since when."""

    _names: ClassVar[tuple[str, ...]] = (
        "since",
    )
    since: str
    """Deliveries that failed since then."""


@dataclass(slots=True, kw_only=True)
class Recovered(Object):
    """What a recovery did."""

    _names: ClassVar[tuple[str, ...]] = (
        "has_more",
        "redelivered",
    )
    has_more: bool
    """Whether there are more: ask again."""
    redelivered: int
    """Deliveries that are sent again."""


@dataclass(slots=True, kw_only=True)
class RequestDetail(Object):
    """A request with all that is known of it."""

    _names: ClassVar[tuple[str, ...]] = (
        "attempts",
        "cache",
        "completion_tokens",
        "cost",
        "cost_by_class",
        "created_at",
        "duration_ms",
        "endpoint",
        "estimated",
        "fallback",
        "http_status",
        "id",
        "key",
        "metadata",
        "object",
        "prompt_tokens",
        "retries",
        "status",
        "stream",
        "token_classes",
        "code",
        "first_token_ms",
        "model",
        "provider",
        "run",
        "served_model",
        "trace_id",
        "user",
    )
    attempts: list[AttemptView]
    """The calls of providers, the first one first."""
    cache: bool
    """Whether the response cache answered."""
    completion_tokens: int
    """Tokens out."""
    cost: float
    """Dollars."""
    cost_by_class: dict[str, float]
    """Dollars by class of token, as prices name them."""
    created_at: str
    """When it was admitted."""
    duration_ms: int
    """Milliseconds until it was settled."""
    endpoint: str
    """What was asked for."""
    estimated: bool
    """Whether some of the tokens are our estimate."""
    fallback: bool
    """Whether another model answered than was asked for."""
    http_status: int
    """The status of the answer: 499 where the client had left."""
    id: str
    """`req_…`."""
    key: str
    """The key that called."""
    metadata: dict[str, str]
    """The caller's `metadata`."""
    object: str
    """Always `analytics.request`."""
    prompt_tokens: int
    """Tokens in."""
    retries: int
    """Calls of providers beside the first."""
    status: str
    """`completed`, `failed` or `interrupted`."""
    stream: bool
    """Whether it was answered as a stream."""
    token_classes: TokenClasses
    """Of these, those of each class."""
    code: str | None = None
    """The error's code."""
    first_token_ms: int | None = None
    """Milliseconds until the first token of a stream."""
    model: str | None = None
    """The model that was asked for; `null` where none was."""
    provider: str | None = None
    """The provider that answered."""
    run: str | None = None
    """The run of a workflow that it was a step of."""
    served_model: str | None = None
    """The model that answered."""
    trace_id: str | None = None
    """The trace that it belongs to, where its caller sent a `traceparent`."""
    user: str | None = None
    """The caller's `user`."""


@dataclass(slots=True, kw_only=True)
class RequestLogEntry(Object):
    """A request, without its content."""

    _names: ClassVar[tuple[str, ...]] = (
        "id",
    )
    id: str
    """`req_…`."""


@dataclass(slots=True, kw_only=True)
class RequestTemplate(Object):
    """`{"method", "url", "query", "headers", "body"}`."""

    _names: ClassVar[tuple[str, ...]] = (
        "url",
        "body",
        "headers",
        "method",
        "query",
    )
    url: str
    """A template, whose expressions are percent-encoded."""
    body: Any = None
    """A template: text is sent as it is, anything else as JSON."""
    headers: dict[str, str] | None = None
    """Templates by name."""
    method: str | None = None
    """`GET` by default."""
    query: dict[str, Any] | None = None
    """Templates by name; a list repeats the name, `null` leaves it out."""


@dataclass(slots=True, kw_only=True)
class RequestView(Object):
    """A request in the log: everything but its content."""

    _names: ClassVar[tuple[str, ...]] = (
        "cache",
        "completion_tokens",
        "cost",
        "created_at",
        "duration_ms",
        "endpoint",
        "estimated",
        "fallback",
        "http_status",
        "id",
        "key",
        "metadata",
        "object",
        "prompt_tokens",
        "retries",
        "status",
        "stream",
        "token_classes",
        "code",
        "first_token_ms",
        "model",
        "provider",
        "run",
        "served_model",
        "trace_id",
        "user",
    )
    cache: bool
    """Whether the response cache answered."""
    completion_tokens: int
    """Tokens out."""
    cost: float
    """Dollars."""
    created_at: str
    """When it was admitted."""
    duration_ms: int
    """Milliseconds until it was settled."""
    endpoint: str
    """What was asked for."""
    estimated: bool
    """Whether some of the tokens are our estimate."""
    fallback: bool
    """Whether another model answered than was asked for."""
    http_status: int
    """The status of the answer: 499 where the client had left."""
    id: str
    """`req_…`."""
    key: str
    """The key that called."""
    metadata: dict[str, str]
    """The caller's `metadata`."""
    object: str
    """Always `analytics.request`."""
    prompt_tokens: int
    """Tokens in."""
    retries: int
    """Calls of providers beside the first."""
    status: str
    """`completed`, `failed` or `interrupted`."""
    stream: bool
    """Whether it was answered as a stream."""
    token_classes: TokenClasses
    """Of these, those of each class."""
    code: str | None = None
    """The error's code."""
    first_token_ms: int | None = None
    """Milliseconds until the first token of a stream."""
    model: str | None = None
    """The model that was asked for; `null` where none was."""
    provider: str | None = None
    """The provider that answered."""
    run: str | None = None
    """The run of a workflow that it was a step of."""
    served_model: str | None = None
    """The model that answered."""
    trace_id: str | None = None
    """The trace that it belongs to, where its caller sent a `traceparent`."""
    user: str | None = None
    """The caller's `user`."""


@dataclass(slots=True, kw_only=True)
class Rerun(Object):
    """`POST /runs/{id}/rerun`."""

    _names: ClassVar[tuple[str, ...]] = (
        "from_step",
    )
    from_step: str | None = None
    """A step of the workflow's own list; from the beginning where it is not there."""


@dataclass(slots=True, kw_only=True)
class RollbackConfig(Object):
    """`POST /config/rollback`."""

    _names: ClassVar[tuple[str, ...]] = (
        "version",
    )
    version: int
    """The version to go back to; 0 for the file alone."""


@dataclass(slots=True, kw_only=True)
class RotateKey(Object):
    """`POST /keys/{id}/rotate`."""

    _names: ClassVar[tuple[str, ...]] = (
        "grace_period",
    )
    grace_period: int | None = None
    """Seconds for which the old secret lives on: 0 (the default) to 2,592,000 (30 days)."""


@dataclass(slots=True, kw_only=True)
class RotateWebhook(Object):
    """`POST /webhooks/{id}/rotate`."""

    _names: ClassVar[tuple[str, ...]] = (
        "grace_period",
    )
    grace_period: int | None = None
    """Seconds for which the old secret signs, too: at most a week; none by default."""


@dataclass(slots=True, kw_only=True)
class Run(Object):
    """A run, without what happened in it where it is one of a list."""

    _names: ClassVar[tuple[str, ...]] = (
        "created_at",
        "id",
        "key",
        "object",
        "status",
        "workflow",
        "ended_at",
        "error",
        "parameters",
        "rerun_of",
        "result",
        "scheduled_for",
        "steps",
        "total_steps",
        "until",
    )
    created_at: str
    id: str
    """Its id."""
    key: str
    object: str
    """Always `run`."""
    status: RunStatus
    workflow: str
    """The workflow's id."""
    ended_at: str | None = None
    error: StepError | None = None
    parameters: Any = None
    rerun_of: str | None = None
    result: Any = None
    scheduled_for: str | None = None
    steps: list[RunStep] | None = None
    total_steps: int | None = None
    """How many steps the definition has, wherever they stand."""
    until: str | None = None
    """Until when it waits."""


@dataclass(slots=True, kw_only=True)
class RunEvent(Object):
    """A step of a run began or ended, or the run did."""

    _names: ClassVar[tuple[str, ...]] = (
        "type",
        "run",
        "at",
        "step",
        "step_id",
        "total_steps",
        "status",
        "result",
        "error",
    )
    type: str | None = None
    """What happened."""
    run: str | None = None
    """The run."""
    at: str | None = None
    """When."""
    step: int | None = None
    """Which step of the definition, from 1; 0 where it is about the run."""
    step_id: str | None = None
    """Its id."""
    total_steps: int | None = None
    """How many the definition has."""
    status: str | None = None
    """How it stands."""
    result: Any = None
    """Of the run, once it has completed."""
    error: Any = None
    """Of the step or the run, where it failed."""


@dataclass(slots=True, kw_only=True)
class RunStep(Object):
    """A step of a run."""

    _names: ClassVar[tuple[str, ...]] = (
        "attempts",
        "id",
        "input",
        "output",
        "status",
        "type",
        "ended_at",
        "error",
        "event",
        "output_bytes",
        "started_at",
        "until",
    )
    attempts: int
    id: str
    """Its id, and the places of the items that it is done for."""
    input: Any
    output: Any
    status: StepStatus
    """How it stands."""
    type: str
    ended_at: str | None = None
    error: StepError | None = None
    event: str | None = None
    output_bytes: int | None = None
    """Its bytes, where they are not shown here."""
    started_at: str | None = None
    until: str | None = None


@dataclass(slots=True, kw_only=True)
class SecretNames(Object):
    """The names of a skill's secrets; nothing shows their values."""

    _names: ClassVar[tuple[str, ...]] = (
        "names",
        "object",
        "skill",
    )
    names: list[str]
    """In order."""
    object: str
    """Always `skill.secrets`."""
    skill: str
    """The skill's id."""


@dataclass(slots=True, kw_only=True)
class ServiceTier(Object):
    """Prices of a service tier. What is absent is as in the `Pricing`."""

    _names: ClassVar[tuple[str, ...]] = (
        "cache_write",
        "cache_write_1h",
        "cached_prompt",
        "completion",
        "prompt",
        "reasoning",
        "tiers",
    )
    cache_write: float | None = None
    """See `Pricing::cache_write`."""
    cache_write_1h: float | None = None
    """See `Pricing::cache_write_1h`."""
    cached_prompt: float | None = None
    """See `Pricing::cached_prompt`."""
    completion: float | None = None
    """See `Pricing::completion`."""
    prompt: float | None = None
    """See `Pricing::prompt`."""
    reasoning: float | None = None
    """See `Pricing::reasoning`."""
    tiers: list[PriceTier] | None = None
    """See `Pricing::tiers`; none where these are none."""


@dataclass(slots=True, kw_only=True)
class Skill(Object):
    """A skill as it is shown."""

    _names: ClassVar[tuple[str, ...]] = (
        "builtin",
        "description",
        "id",
        "name",
        "object",
        "status",
        "version",
        "commands",
        "created_at",
        "updated_at",
    )
    builtin: bool
    """Whether it ships with the gateway, and stays as it is."""
    description: str
    """What it is good for."""
    id: str
    """The account's own name for it."""
    name: str
    """For people."""
    object: str
    """Always `skill`."""
    status: SkillStatus
    """Whether it may be executed."""
    version: str
    """The manifest's own."""
    commands: dict[str, SkillCommand] | None = None
    """By name; left out of lists."""
    created_at: str | None = None
    """When it was installed; `null` for one that ships."""
    updated_at: str | None = None
    """When it was last changed; `null` for one that ships."""


@dataclass(slots=True, kw_only=True)
class SkillCommand(Object):
    """Something a skill does."""

    _names: ClassVar[tuple[str, ...]] = (
        "description",
        "execute",
        "parameters",
    )
    description: str
    """What it does, for people and models."""
    execute: SkillExecutor
    """How it is done."""
    parameters: Any
    """The JSON Schema of its parameters, which are an object."""


@dataclass(slots=True, kw_only=True)
class SkillCommandInput(Object):
    """Something a skill does."""

    _names: ClassVar[tuple[str, ...]] = (
        "execute",
        "description",
        "parameters",
    )
    execute: SkillExecutorInput
    """How it is done."""
    description: str | None = None
    """What it does, for people and models."""
    parameters: Any = None
    """The JSON Schema of its parameters, which are an object."""


@dataclass(slots=True, kw_only=True)
class SkillExecution(Object):
    """One execution: when, how long and how it ended, and nothing of what it was about."""

    _names: ClassVar[tuple[str, ...]] = (
        "command",
        "duration_ms",
        "request",
        "started_at",
        "status",
        "code",
    )
    command: str
    """The command's name."""
    duration_ms: int
    """Milliseconds."""
    request: str
    """The request that asked for it."""
    started_at: str
    """When it began."""
    status: SkillExecutionStatus
    """How it ended."""
    code: str | None = None
    """The error's code."""


@dataclass(slots=True, kw_only=True)
class SkillManifest(Object):
    """A skill."""

    _names: ClassVar[tuple[str, ...]] = (
        "id",
        "commands",
        "description",
        "mcp",
        "name",
        "version",
    )
    id: str
    """Lower-case letters, digits and `-`; the account's own name for it."""
    commands: dict[str, SkillCommandInput] | None = None
    """By name."""
    description: str | None = None
    """What it is good for, for people and models."""
    mcp: McpServer | None = None
    """The MCP server whose tools are its commands."""
    name: str | None = None
    """For people."""
    version: str | None = None
    """The manifest's own, such as `1.0.0`; of an MCP server's tools, a hash of what they are."""


@dataclass(slots=True, kw_only=True)
class SkillResult(Object):
    """What came of it."""

    _names: ClassVar[tuple[str, ...]] = (
        "command",
        "duration_ms",
        "result",
        "skill",
    )
    command: str
    """What was executed."""
    duration_ms: int
    """Milliseconds."""
    result: Any
    """What came out."""
    skill: str
    """The skill's id."""


@dataclass(slots=True, kw_only=True)
class SkillStep(Object):
    """A command of a skill."""

    _names: ClassVar[tuple[str, ...]] = (
        "command",
        "skill",
        "parameters",
    )
    command: str
    """The command's name."""
    skill: str
    """The skill's id."""
    parameters: dict[str, Any] | None = None
    """A template."""


@dataclass(slots=True, kw_only=True)
class Slice(Object):
    """One group's part of a day or an interval."""

    _names: ClassVar[tuple[str, ...]] = (
        "cost",
        "errors",
        "requests",
        "tokens",
        "endpoint",
        "key",
        "key_name",
        "model",
        "provider",
        "tag",
        "user",
    )
    cost: float
    """Dollars."""
    errors: int
    """Requests that ended in an error."""
    requests: int
    """Requests."""
    tokens: int
    """Prompt and completion tokens."""
    endpoint: str | None = None
    """The endpoint."""
    key: str | None = None
    """The key's id."""
    key_name: str | None = None
    """Its name, in `by_key` and `groups`, while there is such a key."""
    model: str | None = None
    """The model's id."""
    provider: str | None = None
    """The provider's id."""
    tag: str | None = None
    """`name:value`."""
    user: str | None = None
    """The user."""


@dataclass(slots=True, kw_only=True)
class StartRun(Object):
    """`POST /workflows/{id}/runs`."""

    _names: ClassVar[tuple[str, ...]] = (
        "parameters",
    )
    parameters: Any = None
    """The run's parameters, an object."""


@dataclass(slots=True, kw_only=True)
class StepError(Object):
    """An error of a step or a run."""

    _names: ClassVar[tuple[str, ...]] = (
        "code",
        "message",
    )
    code: str
    """A code of the API."""
    message: str
    """What happened, safe to show."""


@dataclass(slots=True, kw_only=True)
class StepRetry(Object):
    """How a step is tried again."""

    _names: ClassVar[tuple[str, ...]] = (
        "attempts",
        "backoff_seconds",
    )
    attempts: int
    """Attempts in all, the first among them."""
    backoff_seconds: float | None = None
    """The pause after the first failure; it doubles with each."""


@dataclass(slots=True, kw_only=True)
class StreamOptions(Object):
    """What a stream shows."""

    _names: ClassVar[tuple[str, ...]] = (
        "include_usage",
    )
    include_usage: bool | None = None
    """Whether a last chunk has the usage."""


@dataclass(slots=True, kw_only=True)
class TestProvider(Object):
    """`POST /providers/{id}/test`."""

    _names: ClassVar[tuple[str, ...]] = (
        "model",
    )
    model: str | None = None
    """The model's name at the provider; default: that of the first configured model which it serves."""


@dataclass(slots=True, kw_only=True)
class TestWebhook(Object):
    """What to send."""

    _names: ClassVar[tuple[str, ...]] = (
        "event",
    )
    event: EventType
    """The type of the event."""


@dataclass(slots=True, kw_only=True)
class Token(Object):
    """The answer to `CreateToken`."""

    _names: ClassVar[tuple[str, ...]] = (
        "expires_at",
        "expires_in",
        "token",
        "token_type",
    )
    expires_at: str
    """When it stops working."""
    expires_in: int
    """Seconds until then."""
    token: str
    """The JWT."""
    token_type: str
    """Always `Bearer`."""


@dataclass(slots=True, kw_only=True)
class TokenClasses(Object):
    """Tokens that are part of those in and out."""

    _names: ClassVar[tuple[str, ...]] = (
        "audio_completion",
        "audio_prompt",
        "cache_write",
        "cache_write_1h",
        "cached",
        "image",
        "reasoning",
    )
    audio_completion: int
    """Out, audio."""
    audio_prompt: int
    """In, audio."""
    cache_write: int
    """In, written to a cache for minutes."""
    cache_write_1h: int
    """In, written to a cache for an hour."""
    cached: int
    """In, read from a cache."""
    image: int
    """In, images."""
    reasoning: int
    """Out, reasoning."""


@dataclass(slots=True, kw_only=True)
class ToolCall(Object):
    """A call of a tool."""

    _names: ClassVar[tuple[str, ...]] = (
        "function",
        "id",
        "type",
    )
    function: FunctionCall
    """The function that is called."""
    id: str
    """What the result names."""
    type: str
    """`function`."""


@dataclass(slots=True, kw_only=True)
class ToolFunction(Object):
    """A function of the caller's."""

    _names: ClassVar[tuple[str, ...]] = (
        "name",
        "description",
        "parameters",
        "strict",
    )
    name: str
    """Its name."""
    description: str | None = None
    """What it is good for."""
    parameters: dict[str, Any] | None = None
    """The JSON Schema of its parameters."""
    strict: bool | None = None
    """Whether the model keeps to the schema."""


@dataclass(slots=True, kw_only=True)
class UpdateAccount(Object):
    """`PATCH /accounts/{id}`: what is absent stays, `null` removes."""

    _names: ClassVar[tuple[str, ...]] = (
        "guardrails",
        "monthly_budget",
        "name",
        "rate_limit",
        "status",
        "tier",
    )
    guardrails: list[GuardrailInput] | None = None
    """What it lets into its chats and out of them, in place of all that were there."""
    monthly_budget: float | None = None
    """Dollars a UTC month."""
    name: str | None = None
    """1 to 200 characters."""
    rate_limit: int | None = None
    """Requests a minute."""
    status: AccountStatus | None = None
    """Whether its keys work."""
    tier: Tier | None = None
    """The new tier."""


@dataclass(slots=True, kw_only=True)
class UpdateKey(Object):
    """`PATCH /keys/{id}`: what is absent stays, `null` removes."""

    _names: ClassVar[tuple[str, ...]] = (
        "expires_at",
        "models",
        "monthly_budget",
        "name",
        "on_disconnect",
        "rate_limit",
        "route_override",
        "scopes",
    )
    expires_at: str | None = None
    """When it stops working."""
    models: list[str] | None = None
    """The models it may use."""
    monthly_budget: float | None = None
    """Dollars a UTC month."""
    name: str | None = None
    """1 to 200 characters."""
    on_disconnect: OnDisconnect | None = None
    """What happens when the client has left."""
    rate_limit: int | None = None
    """Requests a minute."""
    route_override: bool | None = None
    """Whether its requests may say how they are routed."""
    scopes: list[Scope] | None = None
    """The new scopes."""


@dataclass(slots=True, kw_only=True)
class UpdateSkill(Object):
    """`PATCH /skills/{id}`."""

    _names: ClassVar[tuple[str, ...]] = (
        "status",
    )
    status: SkillStatus
    """Whether it may be executed."""


@dataclass(slots=True, kw_only=True)
class UpdateWebhook(Object):
    """`PATCH /webhooks/{id}`: what is absent stays, `null` removes."""

    _names: ClassVar[tuple[str, ...]] = (
        "description",
        "events",
        "status",
        "url",
    )
    description: str | None = None
    """As in `CreateWebhook`."""
    events: list[str] | None = None
    """As in `CreateWebhook`."""
    status: WebhookStatus | None = None
    """Enables or disables it."""
    url: str | None = None
    """As in `CreateWebhook`."""


@dataclass(slots=True, kw_only=True)
class UpdateWorkflow(Object):
    """`PATCH /workflows/{id}`."""

    _names: ClassVar[tuple[str, ...]] = (
        "status",
    )
    status: WorkflowStatus
    """Whether it may be run."""


@dataclass(slots=True, kw_only=True)
class Upload(Object):
    """An upload."""

    _names: ClassVar[tuple[str, ...]] = (
        "bytes",
        "created_at",
        "expires_at",
        "filename",
        "id",
        "object",
        "purpose",
        "status",
        "file",
    )
    bytes: int
    """Bytes of the file."""
    created_at: int
    """Unix seconds."""
    expires_at: int
    """Unix seconds: when it takes no parts any more."""
    filename: str
    """The file's name."""
    id: str
    """`upload_…`."""
    object: str
    """Always `upload`."""
    purpose: str
    """What it is for."""
    status: UploadStatus
    """What has become of it."""
    file: FileObject | None = None
    """The file, once it is one."""


@dataclass(slots=True, kw_only=True)
class UploadPart(Object):
    """A part of an upload."""

    _names: ClassVar[tuple[str, ...]] = (
        "created_at",
        "id",
        "object",
        "upload_id",
    )
    created_at: int
    """Unix seconds."""
    id: str
    """`part_…`."""
    object: str
    """Always `upload.part`."""
    upload_id: str
    """The upload."""


@dataclass(slots=True, kw_only=True)
class UsageReport(Object):
    """The report."""

    _names: ClassVar[tuple[str, ...]] = (
        "by_day",
        "by_key",
        "by_model",
        "cached",
        "completion_tokens",
        "cost",
        "end",
        "errors",
        "errors_by_code",
        "estimated_requests",
        "fallbacks",
        "interrupted",
        "kept",
        "period",
        "previous",
        "prompt_tokens",
        "retries",
        "start",
        "streamed",
        "token_classes",
        "total_requests",
        "total_tokens",
        "group_by",
        "groups",
        "interval",
        "intervals",
        "latency",
    )
    by_day: list[Day]
    """By UTC day, oldest first; days without requests are left out."""
    by_key: list[Group]
    """By key id."""
    by_model: list[Group]
    """By model id."""
    cached: int
    """Requests that the response cache answered."""
    completion_tokens: int
    """Tokens out."""
    cost: float
    """Dollars."""
    end: str
    """The end of the last hour covered."""
    errors: int
    """Requests that ended in an error."""
    errors_by_code: dict[str, int]
    """Failed requests by the error's code."""
    estimated_requests: int
    """Requests whose tokens are our estimate because the provider told none."""
    fallbacks: int
    """Requests that another model answered than was asked for."""
    interrupted: int
    """Requests whose client left, or that a crash cut off."""
    kept: Kept
    """How long all this is kept."""
    period: str
    """The word the caller used, or `custom`."""
    previous: PeriodTotals
    """The totals of as many hours right before `start`."""
    prompt_tokens: int
    """Tokens in."""
    retries: int
    """Calls of providers beside the first of each request."""
    start: str
    """The first hour covered."""
    streamed: int
    """Requests that were answered as a stream."""
    token_classes: TokenClasses
    """Of the tokens, those of each class."""
    total_requests: int
    """Every accounted request, failed ones too."""
    total_tokens: int
    """Prompt and completion tokens."""
    group_by: By | None = None
    """What `groups` are of."""
    groups: list[Group] | None = None
    """At most 1,000: those that cost most."""
    interval: Interval | None = None
    """What `intervals` are of."""
    intervals: list[IntervalTotals] | None = None
    """Oldest first; those without requests are left out."""
    latency: Latencies | None = None
    """How long requests took; absent where nothing was measured."""


@dataclass(slots=True, kw_only=True)
class Webhook(Object):
    """An endpoint as it is shown."""

    _names: ClassVar[tuple[str, ...]] = (
        "created_at",
        "events",
        "id",
        "object",
        "status",
        "url",
        "description",
        "disabled_reason",
        "previous_secret_expires_at",
    )
    created_at: str
    """When it was made."""
    events: list[str]
    """The types that are sent, in order; `*` for all."""
    id: str
    """`wh_…`."""
    object: str
    """Always `webhook`."""
    status: WebhookStatus
    """Whether it gets events."""
    url: str
    """Where events are sent."""
    description: str | None = None
    """For people."""
    disabled_reason: str | None = None
    """Why it was disabled, where nobody asked for it."""
    previous_secret_expires_at: str | None = None
    """Until when the secret before the last rotation signs, too."""


@dataclass(slots=True, kw_only=True)
class Workflow(Object):
    """A workflow."""

    _names: ClassVar[tuple[str, ...]] = (
        "builtin",
        "description",
        "id",
        "name",
        "object",
        "status",
        "created_at",
        "next_runs",
        "parameters",
        "result",
        "schedule",
        "steps",
        "updated_at",
    )
    builtin: bool
    """Whether it ships with the gateway."""
    description: str
    id: str
    """Its id."""
    name: str
    """For people."""
    object: str
    """Always `workflow`."""
    status: WorkflowStatus
    created_at: str | None = None
    next_runs: list[str] | None = None
    """When it runs next by itself."""
    parameters: Any = None
    result: Any = None
    schedule: Any = None
    steps: Any = None
    updated_at: str | None = None


@dataclass(slots=True, kw_only=True)
class WorkflowDefinition(Object):
    """A workflow."""

    _names: ClassVar[tuple[str, ...]] = (
        "name",
        "steps",
        "description",
        "id",
        "parameters",
        "result",
        "schedule",
    )
    name: str
    """For people."""
    steps: list[WorkflowStep]
    """What is done, one after the other."""
    description: str | None = None
    """For people."""
    id: str | None = None
    """Its id; made from the name where it is not there."""
    parameters: Any = None
    """The JSON Schema of a run's parameters, which are an object."""
    result: Any = None
    """A template of the run's result; the last step's where it is not there."""
    schedule: WorkflowSchedule | None = None
    """When it runs by itself."""


@dataclass(slots=True, kw_only=True)
class WorkflowSchedule(Object):
    """When a workflow runs by itself."""

    _names: ClassVar[tuple[str, ...]] = (
        "cron",
        "parameters",
        "timezone",
    )
    cron: str
    """Five fields: minute, hour, day of the month, month, day of the week."""
    parameters: dict[str, Any] | None = None
    """The parameters of each run."""
    timezone: str | None = None
    """A zone of the IANA database; UTC where it is not there."""


@dataclass(slots=True, kw_only=True)
class WorkflowStep(Object):
    """A step."""

    _names: ClassVar[tuple[str, ...]] = (
        "id",
        "on_error",
        "retry",
        "timeout_seconds",
    )
    id: str | None = None
    """Its name; `step_1` and so on by its place where it is not there."""
    on_error: StepOnError | None = None
    """What becomes of the run where the step fails."""
    retry: StepRetry | None = None
    """What is tried again where it fails."""
    timeout_seconds: int | None = None
    """Seconds that one attempt may take, or that an event is waited for."""

Actor = Union[dict[str, Any], dict[str, Any]]
"""Who asks for a change."""

ChatCompletionEvent = Any
"""What a stream tells: a piece of the answer, or in the end why it breaks off."""

ChatContent = Union[str, list["ContentPart"]]
"""A text, or parts of several kinds."""

SkillExecutor = Union["HttpExecutor", "McpExecutor", "PromptExecutor", "BuiltinExecutor"]
"""How a command is done."""

SkillExecutorInput = Union["HttpExecutorInput", "McpExecutor", "PromptExecutor", "BuiltinExecutor"]
"""How a command is done."""

StepOnError = Union[str, str, dict[str, Any]]
"""What becomes of the run where a step fails."""

TextOrList = Union[str, list[str]]
"""One text, or several."""


Account._nested = {
    "guardrails": [Guardrail],
}
AccountGuardrails._nested = {
    "guardrails": [Guardrail],
}
AccountGuardrailsInput._nested = {
    "guardrails": [GuardrailInput],
}
AssistantMessage._nested = {
    "tool_calls": [ToolCall],
}
Choice._nested = {
    "message": AssistantMessage,
}
ChatCompletion._nested = {
    "choices": [Choice],
    "usage": Usage,
}
ChatCompletionChunk._nested = {
    "choices": [ChunkChoice],
    "usage": Usage,
}
Message._nested = {
    "tool_calls": [ToolCall],
}
ChatParams._nested = {
    "messages": [Message],
    "stream_options": StreamOptions,
    "tools": [Tool],
}
Tool._nested = {
    "function": ToolFunction,
}
ContentPart._nested = {
    "file": FileReference,
    "image_url": ImageUrl,
    "input_audio": InputAudio,
}
CreateAccount._nested = {
    "guardrails": [GuardrailInput],
}
CreateUpload._nested = {
    "expires_after": ExpiresAfter,
}
CurrentAccount._nested = {
    "budget": Budget,
    "key": KeyName,
    "rate_limit": RateLimit,
}
Day._nested = {
    "by_model": [Slice],
    "latency": Latencies,
    "token_classes": TokenClasses,
}
DeliveryAttempt._nested = {
    "request": DeliveryRequest,
    "response": DeliveryResponse,
}
DeliveryDetail._nested = {
    "attempts_made": [DeliveryAttempt],
}
Embeddings._nested = {
    "usage": Usage,
}
Group._nested = {
    "latency": Latencies,
    "token_classes": TokenClasses,
}
Health._nested = {
    "checks": HealthChecks,
}
HttpExecutor._nested = {
    "steps": [HttpStep],
}
HttpExecutorInput._nested = {
    "steps": [HttpStepInput],
}
HttpStep._nested = {
    "errors": [HttpErrorRule],
}
HttpStepInput._nested = {
    "errors": [HttpErrorRuleInput],
}
IntervalTotals._nested = {
    "groups": [Slice],
    "latency": Latencies,
    "token_classes": TokenClasses,
}
Latencies._nested = {
    "duration_ms": Percentiles,
    "first_token_ms": Percentiles,
}
Model._nested = {
    "pricing": Pricing,
    "targets": [ModelTarget],
}
PeriodTotals._nested = {
    "latency": Latencies,
    "token_classes": TokenClasses,
}
Pricing._nested = {
    "service_tiers": {"*": ServiceTier},
    "tiers": [PriceTier],
}
RequestDetail._nested = {
    "attempts": [AttemptView],
    "token_classes": TokenClasses,
}
RequestView._nested = {
    "token_classes": TokenClasses,
}
Run._nested = {
    "error": StepError,
    "steps": [RunStep],
}
RunStep._nested = {
    "error": StepError,
}
ServiceTier._nested = {
    "tiers": [PriceTier],
}
Skill._nested = {
    "commands": {"*": SkillCommand},
}
SkillManifest._nested = {
    "commands": {"*": SkillCommandInput},
    "mcp": McpServer,
}
ToolCall._nested = {
    "function": FunctionCall,
}
UpdateAccount._nested = {
    "guardrails": [GuardrailInput],
}
Upload._nested = {
    "file": FileObject,
}
UsageReport._nested = {
    "by_day": [Day],
    "by_key": [Group],
    "by_model": [Group],
    "groups": [Group],
    "intervals": [IntervalTotals],
    "kept": Kept,
    "latency": Latencies,
    "previous": PeriodTotals,
    "token_classes": TokenClasses,
}
WorkflowDefinition._nested = {
    "schedule": WorkflowSchedule,
    "steps": [WorkflowStep],
}
WorkflowStep._nested = {
    "retry": StepRetry,
}
