//! Invocations that nobody waits for.

use super::copies::Fleet;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// When an invocation that failed is tried again: twice.
const AGAIN: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// Invokes `function` until it succeeds, three times at most. Then the function is told that the template
/// has as its destination for failures, in the same way.
pub(super) async fn invoke(fleet: Arc<Fleet>, function: String, event: String) {
    let (mut function, mut event) = (function, event);
    while !try_out(&fleet, &function, &event).await {
        let Some(destination) = fleet.template().on_failure(&function) else {
            eprintln!("an invocation of {function} was given up");
            return;
        };
        event = given_up(&function, &event).to_string();
        function = destination;
    }
}

async fn try_out(fleet: &Arc<Fleet>, function: &str, event: &str) -> bool {
    for pause in AGAIN.map(Some).into_iter().chain([None]) {
        if let Some(mut answer) = fleet.invoke(function, event.to_owned()).await {
            while answer.body.recv().await.is_some() {}
            return true;
        }
        if let Some(pause) = pause {
            sleep(pause).await;
        }
    }
    false
}

/// What a destination is told.
fn given_up(function: &str, event: &str) -> Value {
    let payload: Value = serde_json::from_str(event).unwrap_or_default();
    json!({
        "version": "1.0",
        "timestamp": Timestamp::now().to_string(),
        "requestContext": {
            "requestId": "local",
            "functionArn": super::template::arn(&format!("openclaw-{function}:$LATEST")),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": null,
    })
}
