//! The addresses of pictures and other media, which a provider fetches from where it stands.

use openclaw_core::{Error, Result};
use openclaw_egress::public_url;
use openclaw_schema::{
    chat::{ChatRequest, Content, Part},
    config,
};
use serde_json::{Map, Value};

/// Kinds of parts that have no address but an `image_url`'s.
const KNOWN: &[&str] = &["text", "image_url", "input_audio", "file", "refusal"];

/// Refuses media by address that are not on a public host over https: a provider inside a private
/// network would fetch them from there. A provider's row may allow more.
pub(crate) fn check(request: &ChatRequest<'_>, row: &config::Provider) -> Result<()> {
    if row.allow_private_urls {
        return Ok(());
    }
    for (at, message) in request.messages.iter().enumerate() {
        let Some(Content::Parts(parts)) = &message.content else {
            continue;
        };
        for (place, part) in parts.iter().enumerate() {
            if let Some(image) = &part.image_url {
                let field = || format!("messages[{at}].content[{place}].image_url.url");
                check_url(&image.url, field)?;
            }
        }
        if parts.iter().any(is_of_other_kind) {
            check_others(request, at)?;
        }
    }
    Ok(())
}

fn is_of_other_kind(part: &Part<'_>) -> bool {
    !KNOWN.contains(&&*part.kind)
}

/// Vendors' own parts, such as `video_url`: every field whose name ends so, a URL or an object
/// with one.
fn check_others(request: &ChatRequest<'_>, at: usize) -> Result<()> {
    let messages = request.field::<Vec<Value>>("messages")?.unwrap_or_default();
    let parts = messages
        .get(at)
        .and_then(|message| message["content"].as_array());
    for (place, part) in parts.into_iter().flatten().enumerate() {
        let fields = part.as_object().into_iter().flat_map(Map::iter);
        for (name, value) in fields.filter(|(name, _)| name.ends_with("_url")) {
            let url = value.as_str().or_else(|| value["url"].as_str());
            if let Some(url) = url {
                check_url(url, || format!("messages[{at}].content[{place}].{name}"))?;
            }
        }
    }
    Ok(())
}

fn check_url(url: &str, field: impl Fn() -> String) -> Result<()> {
    if is_data(url) {
        return Ok(());
    }
    match public_url(url) {
        Ok(_) => Ok(()),
        Err(refused) => Err(Error::invalid(field(), refused.to_string())),
    }
}

fn is_data(url: &str) -> bool {
    let scheme = url.trim_start().get(..5);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}
