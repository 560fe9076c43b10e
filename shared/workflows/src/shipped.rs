//! The workflow that ships: an example that runs as it is.

use crate::record::{WorkflowRecord, WorkflowStatus};
use openclaw_core::Timestamp;
use serde_json::{Value, json};

/// Those that ship, which ask `model`.
pub(crate) fn all(model: &str) -> Vec<WorkflowRecord> {
    vec![WorkflowRecord {
        id: "daily-brief".into(),
        definition: daily_brief(model),
        status: WorkflowStatus::Active,
        key: String::new(),
        generation: 0,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }]
}

/// `daily-brief`: a day in, a text about it out.
fn daily_brief(model: &str) -> Value {
    json!({
        "id": "daily-brief",
        "name": "Daily Brief",
        "description": "Writes a short brief for a day.",
        "parameters": {
            "type": "object",
            "properties": {"date": {"type": "string", "minLength": 1, "maxLength": 40}},
            "required": ["date"]
        },
        "steps": [
            {
                "id": "topics",
                "type": "ai_completion",
                "model": model,
                "system": "You prepare a daily brief. Answer with a short list.",
                "prompt": "Name three things that are worth a look on {{ parameters.date }}.",
                "max_tokens": 120
            },
            {
                "id": "brief",
                "type": "ai_completion",
                "model": model,
                "system": "You write a daily brief. Answer with two or three sentences.",
                "prompt": "Write the brief of {{ parameters.date }} from this list:\n{{ steps.topics.result }}",
                "max_tokens": 160
            },
            {
                "id": "summary",
                "type": "transform",
                "value": "{{ steps.brief.result | trim }}"
            }
        ],
        "result": {"date": "{{ parameters.date }}", "summary": "{{ steps.summary.result }}"}
    })
}
