//! Tool calls, in pieces and whole.

use super::streaming;
use openclaw_conformance::{
    harness::{Account, chat},
    upstream::{Script, ToolCall},
};
use serde_json::{Value, json};

const MODELS: [&str; 2] = ["gpt-4", "claude-3"];

fn calling() -> Script {
    Script {
        tool_call: Some(ToolCall {
            id: "call_abc".into(),
            name: "get_weather".into(),
            arguments: json!({"location": "Paris, \"FR\"", "days": [1, 2]}),
        }),
        chunks: Some(5),
        ..Script::default()
    }
}

fn with_tools(mut body: Value) -> Value {
    body["tools"] = json!([{
        "type": "function",
        "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}},
    }]);
    body
}

fn is_whole(complete: &Value) {
    assert_eq!(complete["finish_reason"], "tool_calls", "{complete}");
    assert_eq!(complete["content"], "");
    let [call] = &complete["tool_calls"].as_array().expect("calls")[..] else {
        panic!("not one: {complete}");
    };
    assert_eq!(
        (&call["id"], &call["type"], &call["function"]["name"]),
        (
            &json!("call_abc"),
            &json!("function"),
            &json!("get_weather")
        )
    );
    let arguments = call["function"]["arguments"].as_str().expect("text");
    let arguments: Value = serde_json::from_str(arguments).expect("JSON");
    assert_eq!(arguments, calling().tool_call.unwrap().arguments);
}

#[tokio::test]
async fn a_plain_answer_has_them_whole() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for model in MODELS {
        let body = with_tools(chat(model, &calling()));
        socket.chat("a", &body).await;
        let told = socket.told().await;
        assert_eq!(told.frames.len(), 1);
        is_whole(told.last());
    }
}

#[tokio::test]
async fn a_stream_has_their_pieces_and_then_the_whole() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for model in MODELS {
        let body = with_tools(streaming(model, &calling()));
        socket.chat("a", &body).await;
        let told = socket.told().await;
        is_whole(told.last());
        let pieces: Vec<&Value> = told
            .frames
            .iter()
            .filter(|frame| frame["type"] == "chat_chunk")
            .flat_map(|frame| frame["tool_calls"].as_array().into_iter().flatten())
            .collect();
        assert!(pieces.len() > 1, "{pieces:?}");
        let named = pieces.iter().filter(|piece| piece["id"] == "call_abc");
        assert_eq!(named.count(), 1, "{pieces:?}");
        let joined: String = pieces
            .iter()
            .inspect(|piece| assert_eq!(piece["index"], 0, "{piece}"))
            .filter_map(|piece| piece["function"]["arguments"].as_str())
            .collect();
        let whole = &told.last()["tool_calls"][0]["function"]["arguments"];
        assert_eq!(whole, joined.as_str());
    }
}

#[tokio::test]
async fn text_alone_has_none() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let script = super::words(3, 0);
    for body in [
        with_tools(chat("gpt-4", &script)),
        with_tools(streaming("gpt-4", &script)),
    ] {
        socket.chat("a", &body).await;
        for frame in socket.told().await.frames {
            assert!(frame.get("tool_calls").is_none(), "{frame}");
        }
    }
}
