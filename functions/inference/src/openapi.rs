//! The endpoints, for the OpenAPI document. Bodies are the vendors' own and go on as they came: what
//! stands here is what the gateway looks at.

use openclaw_openapi::{Code, Group, Operation, delete, get, json, post};
use openclaw_schema::key::Scope;
use openclaw_web::Access;
use serde_json::Value;

const ACCESS: Option<Access> = Some(Access::Scope(Scope::Chat));
const JSON: &str = "application/json";

/// What a call of a model may end with.
const FAILS: &[Code] = &[
    Code::BudgetExceeded,
    Code::Conflict,
    Code::ProviderError,
    Code::ProviderUnavailable,
    Code::ProviderTimeout,
];

/// The resources.
#[must_use]
pub fn groups() -> Vec<Group> {
    vec![
        messages(),
        responses(),
        embeddings(),
        completions(),
        moderations(),
        rerank(),
        images(),
        audio(),
    ]
}

/// An object that has these fields, and others.
fn object(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": true})
}

fn model() -> Value {
    json!({"type": "string", "description": "A model of `GET /models`."})
}

fn call(path: &'static str, name: &'static str, summary: &'static str) -> Operation {
    post(path, name, summary).fails(FAILS)
}

/// As Anthropic has them; ours where a request is refused before it comes to the endpoint.
fn anthropic_error() -> Value {
    let error = object(
        &["type", "message"],
        json!({"type": {"type": "string"}, "message": {"type": "string"}}),
    );
    let theirs = object(
        &["type", "error"],
        json!({"type": {"const": "error"}, "error": error, "request_id": {"type": "string"}}),
    );
    json!({"anyOf": [theirs, {"$ref": "#/components/schemas/ErrorResponse"}]})
}

fn messages() -> Group {
    let turns = json!({"type": "array", "minItems": 1, "items":
        object(&["role", "content"], json!({"role": {"type": "string"}, "content": true}))});
    let fields = json!({
        "model": model(),
        "max_tokens": {"type": "integer", "minimum": 0},
        "messages": turns,
        "stream": {"type": ["boolean", "null"]},
    });
    let usage = object(
        &["input_tokens", "output_tokens"],
        json!({
            "input_tokens": {"type": "integer"},
            "output_tokens": {"type": "integer"},
            "cost": {"type": "number", "description": "Dollars."},
        }),
    );
    let message = object(
        &["id", "type", "role", "content", "usage"],
        json!({
            "id": {"type": "string"},
            "type": {"const": "message"},
            "role": {"const": "assistant"},
            "content": {"type": "array"},
            "stop_reason": {"type": ["string", "null"]},
            "usage": usage,
        }),
    );
    let event = object(&["type"], json!({"type": {"type": "string"}}));
    let about = "Answers of models to conversations, as Anthropic has them.";
    Group::new("messages", about, ACCESS)
        .with(
            call(
                "/messages",
                "create",
                "Have a model answer, in Anthropic's format",
            )
            .takes_as(
                JSON,
                object(&["model", "max_tokens", "messages"], fields.clone()),
            )
            .gives_as(200, JSON, message)
            .gives_as(200, "text/event-stream", event)
            .header(
                "anthropic-beta",
                "Goes on to targets of Anthropic's dialect.",
            )
            .about(
                "Goes as it came to targets that speak it, and is converted for all others. Errors \
                     have Anthropic's shape.",
            )
            .fails_as(anthropic_error()),
        )
        .with(
            call(
                "/messages/count_tokens",
                "count_tokens",
                "Count a request's tokens",
            )
            .takes_as(JSON, object(&["model", "messages"], fields))
            .gives_as(
                200,
                JSON,
                object(
                    &["input_tokens"],
                    json!({"input_tokens": {"type": "integer"}}),
                ),
            )
            .fails_as(anthropic_error()),
        )
}

fn responses() -> Group {
    let fields = json!({
        "model": model(),
        "input": {"type": ["string", "array"]},
        "instructions": {"type": ["string", "null"]},
        "previous_response_id": {"type": ["string", "null"]},
        "background": {"type": ["boolean", "null"]},
        "store": {"type": ["boolean", "null"]},
        "stream": {"type": ["boolean", "null"]},
    });
    let response = object(
        &["id", "object", "created_at", "model", "output", "status"],
        json!({
            "id": {"type": "string"},
            "object": {"const": "response"},
            "created_at": {"type": "number", "description": "Unix seconds."},
            "model": {"type": "string"},
            "output": {"type": "array"},
            "status": {"type": "string"},
        }),
    );
    let event = object(&["type"], json!({"type": {"type": "string"}}));
    let items = object(
        &["object", "data", "has_more"],
        json!({
            "object": {"const": "list"},
            "data": {"type": "array"},
            "has_more": {"type": "boolean"},
        }),
    );
    let deleted = object(
        &["id", "deleted"],
        json!({"id": {"type": "string"}, "deleted": {"const": true}}),
    );
    let about = "Answers of models, as OpenAI's Responses API has them.";
    Group::new("responses", about, ACCESS)
        .with(
            call(
                "/responses",
                "create",
                "Have a model answer, in the Responses API's format",
            )
            .takes_as(JSON, object(&["model", "input"], fields))
            .gives_as(200, JSON, response.clone())
            .gives_as(200, "text/event-stream", event)
            .fails(&[Code::NotFound])
            .about("Responses are kept for 30 days, unless `store` is false. With `background: true` the answer is the response \
                 with the status `queued`; ask for it by its id."),
        )
        .with(
            get("/responses/{id}", "get", "A response that was kept").gives_as(
                200,
                JSON,
                response.clone(),
            ),
        )
        .with(delete("/responses/{id}", "delete", "Forget a response").gives_as(200, JSON, deleted))
        .with(
            post(
                "/responses/{id}/cancel",
                "cancel",
                "Cancel a response that is being made",
            )
            .gives_as(200, JSON, response),
        )
        .with(
            get(
                "/responses/{id}/input_items",
                "input_items",
                "What a response answers",
            )
            .gives_as(200, JSON, items),
        )
}

fn embeddings() -> Group {
    let item = object(
        &["embedding", "index"],
        json!({"embedding": {"type": ["array", "string"]}, "index": {"type": "integer"}}),
    );
    let answer = object(&["data"], json!({"data": {"type": "array", "items": item}}));
    let fields = json!({
        "model": model(),
        "input": {"type": ["string", "array"]},
        "encoding_format": {"enum": ["float", "base64"]},
    });
    Group::new("embeddings", "Texts as vectors.", ACCESS).with(
        call("/embeddings", "create", "Turn texts into vectors")
            .takes_as(JSON, object(&["model", "input"], fields))
            .gives_as(200, JSON, answer),
    )
}

fn completions() -> Group {
    let fields = json!({"model": model(), "prompt": {"type": ["string", "array"]}});
    let answer = object(&["choices"], json!({"choices": {"type": "array"}}));
    Group::new("completions", "Texts that go on.", ACCESS).with(
        call("/completions", "create", "Have a model go on with a text")
            .takes_as(JSON, object(&["model", "prompt"], fields))
            .gives_as(200, JSON, answer.clone())
            .gives_as(200, "text/event-stream", answer),
    )
}

fn moderations() -> Group {
    let fields = json!({"model": model(), "input": {"type": ["string", "array"]}});
    Group::new("moderations", "Whether texts are harmful.", ACCESS).with(
        call("/moderations", "create", "Say whether a text is harmful")
            .takes_as(JSON, object(&["input"], fields))
            .gives_as(
                200,
                JSON,
                object(&["results"], json!({"results": {"type": "array"}})),
            ),
    )
}

fn rerank() -> Group {
    let fields = json!({
        "model": model(),
        "query": {"type": "string"},
        "documents": {"type": "array"},
    });
    Group::new(
        "rerank",
        "Documents by what they say to a question.",
        ACCESS,
    )
    .with(
        call("/rerank", "create", "Sort documents by relevance")
            .takes_as(JSON, object(&["model", "query", "documents"], fields))
            .gives_as(
                200,
                JSON,
                object(&["results"], json!({"results": {"type": "array"}})),
            ),
    )
}

fn images() -> Group {
    let fields = json!({
        "model": model(),
        "prompt": {"type": "string"},
        "n": {"type": ["integer", "null"], "minimum": 1, "maximum": 10},
    });
    Group::new("images", "Pictures.", ACCESS).with(
        call("/images/generations", "generate", "Make pictures of a text")
            .takes_as(JSON, object(&["model", "prompt"], fields))
            .gives_as(
                200,
                JSON,
                object(&["data"], json!({"data": {"type": "array"}})),
            ),
    )
}

fn audio() -> Group {
    let speech = json!({
        "model": model(),
        "input": {"type": "string"},
        "voice": {"type": ["string", "object"]},
    });
    let form = json!({"model": model(), "file": {"type": "string", "format": "binary"}});
    Group::new("audio", "Speech, out and in.", ACCESS)
        .with(
            call("/audio/speech", "speak", "Read a text aloud")
                .takes_as(JSON, object(&["model", "input"], speech))
                .gives_as(
                    200,
                    "audio/mpeg",
                    json!({"type": "string", "format": "binary"}),
                ),
        )
        .with(
            call(
                "/audio/transcriptions",
                "transcribe",
                "Write down what is said",
            )
            .takes_as("multipart/form-data", object(&["model", "file"], form))
            .gives_as(
                200,
                JSON,
                object(&["text"], json!({"text": {"type": "string"}})),
            ),
        )
}
