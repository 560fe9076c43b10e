//! A request on the WebSocket, as the call of its REST twin.

use axum::body::Body;
use bytes::Bytes;
use http::{Request, header};
use openclaw_core::{Error, Result, json::Object};

/// A call: the endpoint, and how its answer is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub(crate) kind: Kind,
    /// The path at the gateway, such as `/v1/chat/completions`.
    pub path: String,
    /// The frame's fields.
    pub body: Bytes,
}

/// How an answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A completion, whole.
    Chat,
    /// Server-sent events in the seed's dialect.
    ChatStream,
    /// The result of a skill.
    Skill,
    /// Server-sent events of a run of a workflow.
    Workflow,
}

impl Call {
    pub(crate) fn chat(stream: bool, frame: &str) -> Self {
        let (kind, path) = match stream {
            false => (Kind::Chat, "/v1/chat/completions"),
            true => (Kind::ChatStream, "/v1/chat/completions/stream"),
        };
        // The endpoint hands on what it does not know: what is the frame's own is taken out.
        let fields = Object::of(frame).map(|mut fields| {
            fields.remove("type");
            fields.remove("id");
            fields.to_string()
        });
        Self::new(kind, path.into(), fields.as_deref().unwrap_or(frame))
    }

    pub(crate) fn skill(id: &str, frame: &str) -> Self {
        Self::new(
            Kind::Skill,
            format!("/v1/skills/{}/execute", segment(id)),
            frame,
        )
    }

    pub(crate) fn workflow(id: &str, frame: &str) -> Self {
        let path = format!("/v1/workflows/{}/runs", segment(id));
        Self::new(Kind::Workflow, path, frame)
    }

    fn new(kind: Kind, path: String, frame: &str) -> Self {
        let body = Bytes::copy_from_slice(frame.as_bytes());
        Self { kind, path, body }
    }

    /// The HTTP request, made with `credential` (an API key or a token).
    pub fn request(&self, credential: &str) -> Result<Request<Body>> {
        let accept = match self.kind {
            Kind::Workflow => "text/event-stream",
            _ => "*/*",
        };
        Request::post(&self.path)
            .header(header::ACCEPT, accept)
            .header(header::AUTHORIZATION, format!("Bearer {credential}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_LENGTH, self.body.len())
            .body(Body::from(self.body.clone()))
            .map_err(Error::internal)
    }
}

/// `id` as one segment of a path (RFC 3986): a name is never a path.
fn segment(id: &str) -> String {
    form_urlencoded::byte_serialize(id.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
        .replace('.', "%2E")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_has_the_fields_of_its_endpoint_only() {
        let frame = r#"{"type":"chat","id":"1","model":"m","top_k":4,"messages":[]}"#;
        let body = Call::chat(true, frame).body;
        assert_eq!(body, r#"{"model":"m","top_k":4,"messages":[]}"#);
    }

    #[test]
    fn a_name_is_one_segment() {
        assert_eq!(
            Call::skill("a b/../c?d", "{}").path,
            "/v1/skills/a%20b%2F%2E%2E%2Fc%3Fd/execute"
        );
        assert_eq!(
            Call::workflow("daily-brief", "{}").path,
            "/v1/workflows/daily-brief/runs"
        );
    }
}
