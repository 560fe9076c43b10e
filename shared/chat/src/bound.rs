//! The most that a request can take: for its budget, and for the memory of its answer.

use openclaw_core::Error;
use openclaw_providers::{MAX_ANSWER, Model};
use openclaw_schema::{
    chat::{ChatRequest, Content, Part},
    pricing::UsageBound,
};

/// Tokens of an image: gpt-4o-mini counts the most, 2,833 and 5,667 for each of 8 tiles.
const MAX_IMAGE_TOKENS: u64 = 2_833 + 8 * 5_667;

/// Tokens that a vendor adds to a prompt with tools, which are not in the request: Anthropic's
/// documentation tells up to 804.
const TOOL_PROMPT_TOKENS: u64 = 1_024;

/// Bytes of a token in an answer, escaped. English text has about 4.
const TOKEN_BYTES: u64 = 8;

/// Bytes of an entry of `logprobs`: its token as text and as bytes, and a number.
const LOGPROB_BYTES: u64 = 80;

/// The most tokens that `model` can count for `request`, whose body has `body` bytes. No token is
/// shorter than a byte, which bounds text. Images, audio and files are tokens by other measures, and
/// a URL says nothing of what it leads to: an image has a maximum, and no prompt of any kind is
/// longer than the model's context.
pub(crate) fn usage_bound(request: &ChatRequest<'_>, body: usize, model: &Model) -> UsageBound {
    let (mut media_prompt, mut media_bytes) = (0u64, 0);
    for message in &request.messages {
        if message.audio.is_some() {
            media_prompt = media_prompt.saturating_add(model.context_length);
        }
        if let Some(Content::Parts(parts)) = &message.content {
            for part in parts {
                let (tokens, bytes) = of_part(part, model.context_length);
                media_prompt = media_prompt.saturating_add(tokens);
                media_bytes += bytes;
            }
        }
    }
    let tools = ["tools", "functions"].iter();
    let has_tools = tools.filter_map(|name| request.raw(name)).next().is_some();
    let text = body.saturating_sub(media_bytes) as u64;
    // Tokens of a prediction that was wrong are billed beside those of the answer.
    let prediction = request.raw("prediction");
    let prediction = prediction.map_or(0, |json| json.get().len() as u64);
    let completion = request.max_tokens.unwrap_or(model.max_output_tokens);
    let completion = completion.saturating_add(prediction);
    UsageBound {
        text_prompt: text + if has_tools { TOOL_PROMPT_TOKENS } else { 0 },
        media_prompt,
        completion: completion.saturating_mul(request.n),
        audio: request.raw("audio").is_some(),
    }
}

/// Tokens of a part that is not text, and its bytes in the body that are none of text.
fn of_part(part: &Part<'_>, context_length: u64) -> (u64, usize) {
    let data = |url: &str| {
        if url.starts_with("data:") {
            url.len()
        } else {
            0
        }
    };
    match &*part.kind {
        "text" | "refusal" => (0, 0),
        "image_url" => {
            let url = part.image_url.as_ref().map_or("", |image| &image.url);
            (MAX_IMAGE_TOKENS, data(url))
        }
        "input_audio" => {
            let audio = part.input_audio.as_ref();
            let audio = audio.and_then(|audio| audio.data.as_ref());
            (context_length, audio.map_or(0, |text| text.0.len()))
        }
        "file" => {
            let file = part.file.as_ref();
            let file = file.and_then(|file| file.file_data.as_ref());
            (context_length, file.map_or(0, |text| text.0.len()))
        }
        _ => (context_length, 0),
    }
}

/// Refuses a plain request whose answer may be larger than an answer can be: it would be generated,
/// paid, and thrown away.
pub(crate) fn ensure_answer_fits(
    request: &ChatRequest<'_>,
    max_output_tokens: u64,
) -> Result<(), Error> {
    let logprobs = match request.field::<bool>("logprobs")? {
        Some(true) => 1 + request.field::<u64>("top_logprobs")?.unwrap_or_default(),
        _ => 0,
    };
    let token = TOKEN_BYTES.saturating_add(logprobs.saturating_mul(LOGPROB_BYTES));
    let tokens = request.max_tokens.unwrap_or(max_output_tokens);
    let bytes = tokens.saturating_mul(request.n).saturating_mul(token);
    if bytes <= MAX_ANSWER as u64 {
        return Ok(());
    }
    let field = match (request.n, logprobs) {
        (2.., _) => "n",
        (_, 1..) => "logprobs",
        _ => "max_tokens",
    };
    let most = MAX_ANSWER >> 20;
    let issue = format!(
        "asks for an answer of more than {most} MiB with this max_tokens, n and top_logprobs: lower one, or stream"
    );
    Err(Error::invalid(field, issue))
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_providers::Providers;
    use serde_json::{Value, json};

    /// Of a model with a context of 1,000 tokens that can write 100.
    fn bound(body: &Value) -> UsageBound {
        let config = json!({
            "providers": [{"id": "p", "base_url": "http://p/v1"}],
            "models": [{"id": "m", "context_length": 1000, "max_output_tokens": 100,
                "targets": [{"provider": "p", "model": "m"}]}],
        });
        let config = serde_json::from_value(config).unwrap();
        let providers = Providers::new(&config, |_| None).unwrap();
        let body = body.to_string();
        let request = ChatRequest::parse(body.as_bytes()).unwrap();
        usage_bound(&request, body.len(), &providers.model("m").unwrap())
    }

    fn chat(content: Value) -> Value {
        json!({"model": "m", "messages": [{"role": "user", "content": content}]})
    }

    #[test]
    fn text_is_bounded_by_its_bytes_and_the_answer_by_its_limit() {
        let body = chat(json!("hello"));
        let bytes = body.to_string().len() as u64;
        let expected = UsageBound {
            text_prompt: bytes,
            media_prompt: 0,
            completion: 100,
            audio: false,
        };
        assert_eq!(bound(&body), expected);
        let mut more = body;
        more["max_tokens"] = json!(7);
        more["n"] = json!(3);
        assert_eq!(bound(&more).completion, 21);
        more["prediction"] = json!({"content": "x"});
        // {"content":"x"} has 15 bytes: 3 x (7 + 15).
        assert_eq!(bound(&more).completion, 66);
        let without = bound(&more).text_prompt;
        more["tools"] = json!([]);
        // ,"tools":[] has 11 bytes.
        assert_eq!(bound(&more).text_prompt, without + 11 + TOOL_PROMPT_TOKENS);
    }

    #[test]
    fn a_picture_is_bounded_by_its_tokens_not_by_its_bytes() {
        let large = format!("data:image/png;base64,{}", "A".repeat(3_000_000));
        for url in [large.as_str(), "https://x.test/a.png", "data:,"] {
            for image in [json!(url), json!({"url": url})] {
                let bound = bound(&chat(json!([{"type": "image_url", "image_url": image}])));
                assert_eq!(bound.media_prompt, 48_169);
                assert!(bound.text_prompt < 200, "{bound:?}");
            }
        }
    }

    #[test]
    fn other_media_are_bounded_by_the_context() {
        let data = "A".repeat(100_000);
        let parts = [
            json!({"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}),
            json!({"type": "file", "file": {"file_data": data}}),
            json!({"type": "file", "file": {"file_id": "file-1"}}),
            json!({"type": "video_url", "video_url": {"url": "https://x.test/a.mp4"}}),
        ];
        for part in parts {
            let bound = bound(&chat(json!([part, {"type": "text", "text": "hi"}])));
            assert_eq!(bound.media_prompt, 1000);
            assert!(bound.text_prompt < 300, "{bound:?}");
        }
        let body = json!({"model": "m", "messages": [
            {"role": "assistant", "audio": {"id": "audio_1"}}, {"role": "user", "content": "x"},
        ]});
        assert_eq!(bound(&body).media_prompt, 1000);
    }

    #[test]
    fn an_answer_that_cannot_be_held_is_refused_before_it_is_paid() {
        let fault = |fields: Value| {
            let mut body = chat(json!("x"));
            for (name, value) in fields.as_object().unwrap() {
                body[name] = value.clone();
            }
            let body = body.to_string();
            let request = ChatRequest::parse(body.as_bytes()).unwrap();
            let error = ensure_answer_fits(&request, 16_384).err()?;
            match error.details {
                Some(openclaw_core::Details::Field { field, .. }) => Some(field),
                other => panic!("{other:?}"),
            }
        };
        // 32 MiB = 33,554,432 bytes; 16,384 x 8 x 128 = 16,777,216.
        assert_eq!(fault(json!({})), None);
        assert_eq!(fault(json!({"n": 128})), None);
        // 16,384 x (8 + 21 x 80) = 27,656,192.
        assert_eq!(fault(json!({"logprobs": true, "top_logprobs": 20})), None);
        let twice = json!({"logprobs": true, "top_logprobs": 20, "n": 2});
        assert_eq!(fault(twice).as_deref(), Some("n"));
        let long = json!({"logprobs": true, "top_logprobs": 20, "max_tokens": 20_000});
        assert_eq!(fault(long).as_deref(), Some("logprobs"));
        let longer = json!({"max_tokens": 5_000_000});
        assert_eq!(fault(longer).as_deref(), Some("max_tokens"));
    }
}
