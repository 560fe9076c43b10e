//! Messages: ids, texts, pictures, documents, cache breakpoints and thoughts.

use super::{MIDDLE, called, conversation, function, sent, text};
use serde_json::json;

#[test]
fn ids_of_other_vendors_are_mapped_alike_on_both_sides() {
    let [first, answer] = called("functions.f:0", "{}");
    let [second, other] = called("functions.f_0", "{}");
    let user = json!({"role": "user", "content": "x"});
    let (_, turns) = conversation(json!([user, first, answer, second, other]));
    let call = |turn: usize| turns[turn]["content"][0]["id"].as_str().unwrap().to_owned();
    let answered = |turn: usize| {
        turns[turn]["content"][0]["tool_use_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!((call(1), call(3)), (answered(2), answered(4)));
    assert_ne!(call(1), call(3));
    assert!(call(1).starts_with("functions_f_0_"), "{}", call(1));
    let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    assert!(call(1).bytes().all(is_taken) && call(1).len() <= 64);
}

#[test]
fn arguments_that_are_no_object_do_not_end_a_conversation() {
    for (arguments, expected) in [
        (r#"{"a":"#, json!({"arguments": r#"{"a":"#})),
        ("[1]", json!({"arguments": "[1]"})),
        ("", json!({})),
        (r#" {"a":1} "#, json!({"a": 1})),
    ] {
        let [call, answer] = called("call_1", arguments);
        let user = json!({"role": "user", "content": "x"});
        let (_, turns) = conversation(json!([user, call, answer]));
        assert_eq!(turns[1]["content"][0]["input"], expected, "{arguments}");
    }
}

#[test]
fn texts_of_white_space_are_left_out() {
    let (_, turns) = conversation(json!([
        {"role": "user", "content": " "},
        {"role": "assistant", "content": "\n"},
        {"role": "user", "content": [{"type": "text", "text": "\t"}, {"type": "text", "text": "x"}]},
    ]));
    assert_eq!(turns, json!([{"role": "user", "content": text("x")}]));
}

#[test]
fn an_answer_that_is_continued_does_not_end_in_white_space() {
    let (_, turns) = conversation(json!([
        {"role": "user", "content": "x "},
        {"role": "assistant", "content": "The answer is \n"},
    ]));
    assert_eq!(turns[0]["content"], text("x "));
    assert_eq!(turns[1]["content"], text("The answer is"));
}

#[test]
fn pictures_and_documents_are_what_their_bytes_are() {
    let base64 = |media_type: &str, data: &str| json!({"type": "base64", "media_type": media_type, "data": data});
    let (jpeg, png) = ("/9j/4AAQSkZJRgABAQ==", "iVBORw0KGgo=");
    let (gif, webp) = ("R0lGODlhAQABAAAAACw=", "UklGRiIAAABXRUJQVlA4IBY=");
    let pdf = "JVBERi0xLjQK";
    let image = |url: String| json!({"type": "image_url", "image_url": {"url": url}});
    let file = |data: String| json!({"type": "file", "file": {"filename": "a", "file_data": data}});
    let cases = [
        (
            image(format!("data:image/jpg;base64,{jpeg}")),
            "image",
            base64("image/jpeg", jpeg),
        ),
        (
            image(format!("data:image/jpg;base64,{png}")),
            "image",
            base64("image/png", png),
        ),
        (
            image(format!("DATA:image/PNG;BASE64,{gif}")),
            "image",
            base64("image/gif", gif),
        ),
        (
            image(format!("data:application/octet-stream;base64,{webp}")),
            "image",
            base64("image/webp", webp),
        ),
        // Too short to tell: the label is believed.
        (
            image("data:image/jpg;base64,AAAA".into()),
            "image",
            base64("image/jpeg", "AAAA"),
        ),
        (
            image(format!("data:application/pdf;base64,{pdf}")),
            "document",
            base64("application/pdf", pdf),
        ),
        (
            file(format!("data:application/pdf;base64,{pdf}")),
            "document",
            base64("application/pdf", pdf),
        ),
        (file(pdf.into()), "document", base64("application/pdf", pdf)),
        (
            file(format!("data:image/jpg;base64,{jpeg}")),
            "image",
            base64("image/jpeg", jpeg),
        ),
        (
            file("data:text/markdown;base64,IyBIaQ".into()),
            "document",
            json!({"type": "text", "media_type": "text/plain", "data": "# Hi"}),
        ),
        (
            file("https://a.test/b.pdf".into()),
            "document",
            json!({"type": "url", "url": "https://a.test/b.pdf"}),
        ),
        (
            image("https://a.test/b.png".into()),
            "image",
            json!({"type": "url", "url": "https://a.test/b.png"}),
        ),
    ];
    for (part, kind, source) in cases {
        let (_, turns) = conversation(json!([{"role": "user", "content": [part]}]));
        let block = &turns[0]["content"][0];
        assert_eq!(
            (&block["type"], &block["source"]),
            (&json!(kind), &source),
            "{part}"
        );
        if kind == "document" && part["type"] == "file" {
            assert_eq!(block["title"], "a");
        }
    }
}

#[test]
fn a_system_prompt_alone_is_asked_as_the_user() {
    let (system, turns) = conversation(json!([{"role": "system", "content": "Say hi"}]));
    assert_eq!(system, json!(null));
    assert_eq!(turns, json!([{"role": "user", "content": text("Say hi")}]));
}

#[test]
fn a_conversation_begins_with_the_user() {
    let (_, turns) = conversation(json!([
        {"role": "assistant", "content": "Hello, how can I help?"}, {"role": "user", "content": "x"},
    ]));
    let roles: Vec<_> = (0..3)
        .map(|at| turns[at]["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    assert_eq!(turns[1]["content"], text("Hello, how can I help?"));
}

#[test]
fn results_come_first_in_their_turn() {
    let [call, answer] = called("call_1", "{}");
    let user = |content: &str| json!({"role": "user", "content": content});
    let (_, turns) = conversation(json!([user("x"), call, user("wait"), answer]));
    assert_eq!(turns[2]["content"][0]["tool_use_id"], "call_1");
    assert_eq!(turns[2]["content"][1]["text"], "wait");
}

#[test]
fn cache_breakpoints_are_passed_on() {
    let breakpoint = json!({"type": "ephemeral", "ttl": "1h"});
    let cached = |said: &str| json!({"type": "text", "text": said, "cache_control": breakpoint});
    let mut tool = function("f");
    tool["cache_control"] = breakpoint.clone();
    let mut within = function("g");
    within["function"]["cache_control"] = breakpoint.clone();
    let body = sent(
        MIDDLE,
        json!({"tools": [tool, within, function("h")], "messages": [
            {"role": "system", "content": "plain"},
            {"role": "system", "content": [cached("long")]},
            {"role": "user", "content": "u", "cache_control": breakpoint},
            {"role": "assistant", "content": [cached("a")]},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.test/"},
                "cache_control": breakpoint}]},
        ]}),
    );
    assert_eq!(
        body["system"],
        json!([{"type": "text", "text": "plain"}, cached("long")])
    );
    assert_eq!(body["messages"][0]["content"], json!([cached("u")]));
    assert_eq!(body["messages"][1]["content"], json!([cached("a")]));
    assert_eq!(
        body["messages"][2]["content"][0]["cache_control"],
        breakpoint
    );
    let of_tools: Vec<_> = (0..3)
        .map(|at| body["tools"][at]["cache_control"].clone())
        .collect();
    assert_eq!(of_tools, [breakpoint.clone(), breakpoint, json!(null)]);
    // Without one the prompt stays a text.
    let (system, _) = conversation(
        json!([{"role": "system", "content": [{"type": "text", "text": "a"}]},
        {"role": "developer", "content": "b"}, {"role": "user", "content": "x"}]),
    );
    assert_eq!(system, "a\n\nb");
}

#[test]
fn only_signed_thoughts_are_put_back() {
    let (_, turns) = conversation(json!([
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": "yes", "reasoning_content": "hm", "thinking_blocks": [
            {"type": "thinking", "thinking": "hm"},
            {"type": "thinking", "thinking": "hm", "signature": "s", "index": 1},
            {"type": "redacted_thinking", "data": "d"},
        ]},
        {"role": "user", "content": "y"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
            {"type": "text", "text": "of another vendor"}]},
        {"role": "user", "content": "z"},
    ]));
    assert_eq!(
        turns[1]["content"],
        json!([
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "redacted_thinking", "data": "d"},
            {"type": "text", "text": "yes"},
        ])
    );
    assert_eq!(turns[3]["content"], text("of another vendor"));
}

#[test]
fn thoughts_are_left_out_where_anthropic_takes_none() {
    let thought = json!([{"type": "thinking", "thinking": "hm", "signature": "s"}]);
    let user = json!({"role": "user", "content": "x"});
    // A message of nothing else, which a client kept of an answer that was cut off.
    let (_, turns) = conversation(json!([
        user, {"role": "assistant", "content": "", "thinking_blocks": thought}, user,
    ]));
    assert_eq!(turns.as_array().unwrap().len(), 1);
    // At the end of a message.
    let last = json!([{"type": "thinking", "thinking": "hm", "signature": "s", "position": 1}]);
    let (_, turns) = conversation(json!([
        user, {"role": "assistant", "content": "yes", "thinking_blocks": last}, user,
    ]));
    assert_eq!(turns[1]["content"], text("yes"));
    // In a message that the answer continues.
    let (_, turns) = conversation(json!([
        user, {"role": "assistant", "content": "yes", "thinking_blocks": thought},
    ]));
    assert_eq!(turns[1]["content"], text("yes"));
}
