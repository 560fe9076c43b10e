//! The Worker in front of the functions: it hands each request on, untouched, to the one whose
//! group of endpoints the path names. AWS and the native server route by themselves.

#[cfg(feature = "worker")]
mod worker;

/// The first segment of a path after `/v1` or `/api/v1`, and the binding of its function.
pub const ROUTES: [(&str, &str); 27] = [
    ("account", "ADMIN"),
    ("accounts", "ADMIN"),
    ("analytics", "ANALYTICS"),
    ("audio", "INFERENCE"),
    ("audit", "ADMIN"),
    ("auth", "AUTH"),
    ("chat", "CHAT"),
    ("completions", "INFERENCE"),
    ("config", "MODELS"),
    ("embeddings", "INFERENCE"),
    ("files", "FILES"),
    ("health", HEALTH),
    ("images", "INFERENCE"),
    ("keys", "ADMIN"),
    ("mcp", "SKILLS"),
    ("messages", "INFERENCE"),
    ("models", "MODELS"),
    ("moderations", "INFERENCE"),
    ("providers", "MODELS"),
    ("rerank", "INFERENCE"),
    ("responses", "INFERENCE"),
    ("runs", "WORKFLOWS"),
    ("skills", "SKILLS"),
    ("uploads", "FILES"),
    ("webhooks", "WEBHOOKS"),
    ("workflows", "WORKFLOWS"),
    ("ws", "REALTIME"),
];

/// It also answers 404 to whatever no function has.
const HEALTH: &str = "HEALTH";

/// The binding of the function that answers `path`, whose doubled slashes are forgiven.
pub fn function(path: &str) -> &'static str {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let version = match segments.next() {
        Some("api") => segments.next(),
        first => first,
    };
    let group = match version {
        Some("v1") => segments.next().unwrap_or_default(),
        _ => "",
    };
    let known = ROUTES.iter().find(|(prefix, _)| *prefix == group);
    known.map_or(HEALTH, |(_, binding)| binding)
}

#[cfg(test)]
mod tests {
    use super::function;

    #[test]
    fn a_path_leads_to_its_function() {
        assert_eq!(function("/v1/chat/completions"), "CHAT");
        assert_eq!(function("/api/v1/keys"), "ADMIN");
        assert_eq!(function("/v1/models"), "MODELS");
        assert_eq!(function("/v1/ws"), "REALTIME");
        assert_eq!(function("/v1/messages/count_tokens"), "INFERENCE");
        assert_eq!(function("//api//v1//chat//completions/"), "CHAT");
        for nowhere in [
            "/",
            "/v1",
            "/v1/",
            "/v1/chats",
            "/chat",
            "/v2/chat",
            "/api/api/v1/chat",
        ] {
            assert_eq!(function(nowhere), "HEALTH", "{nowhere}");
        }
    }
}
