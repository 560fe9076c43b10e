//! Requests of other endpoints than the chat's, which a provider gets as they came but for the
//! model's name, and whose answers go back as they came.

use crate::{
    body::Body,
    catalog::{Model, Target},
    plan::Outgoing,
    verbatim::own_endpoint,
};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, header};
use openclaw_core::{ByteStream, Error, HttpError, Result, json::Object};
use openclaw_schema::config;

/// A request of another endpoint.
#[derive(Clone, Debug)]
pub struct Forward {
    /// The path that follows a provider's `base_url`, such as `/embeddings`.
    pub path: &'static str,
    /// The dialect whose endpoint it is.
    pub dialect: config::Dialect,
    /// What is sent.
    pub content: Content,
    /// Headers of the caller's that change what the endpoint does.
    pub headers: HeaderMap,
    /// Whether a model's `defaults` are put in where the caller left them out.
    pub with_defaults: bool,
}

/// A body in which the model's name is put.
#[derive(Clone, Debug)]
pub enum Content {
    /// A JSON object.
    Json(Object),
    /// A form (`multipart/form-data`): its type with the boundary, what stands before the model's
    /// name, and what stands after it.
    Form {
        /// `Content-Type`.
        content_type: HeaderValue,
        /// Up to the value of the field `model`.
        before: Bytes,
        /// From there on.
        after: Bytes,
    },
}

/// An answer of another endpoint.
#[derive(Debug)]
pub struct Forwarded {
    /// What it says it is.
    pub content_type: Option<HeaderValue>,
    /// The answer.
    pub body: ForwardedBody,
}

/// The bytes of an answer.
pub enum ForwardedBody {
    /// All of them.
    Whole(Bytes),
    /// As they come: audio, and events.
    Stream(ByteStream),
}

impl std::fmt::Debug for ForwardedBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(bytes) => f.debug_tuple("Whole").field(&bytes.len()).finish(),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

impl Forward {
    /// 400 where the target speaks another dialect.
    pub(crate) fn ensure_spoken(&self, target: &Target) -> Result<()> {
        match target.provider.row.dialect == self.dialect {
            true => Ok(()),
            false => Err(Error::invalid("model", "has no such endpoint")),
        }
    }

    pub(crate) fn encode(&self, model: &Model, target: &Target) -> Result<Outgoing> {
        self.ensure_spoken(target)?;
        let mut headers = self.headers.clone();
        let body = match &self.content {
            Content::Json(object) => {
                let mut object = object.clone();
                let defaults = model.defaults.iter().filter(|_| self.with_defaults);
                for (name, value) in defaults {
                    if object.get(name).is_none() {
                        object.set(name, value.get());
                    }
                }
                let name = serde_json::to_string(&target.model).map_err(Error::internal)?;
                object.set("model", name);
                object.to_string().into()
            }
            Content::Form {
                content_type,
                before,
                after,
            } => {
                headers.insert(header::CONTENT_TYPE, content_type.clone());
                [before, target.model.as_bytes(), after].concat().into()
            }
        };
        // Not JSON alone, and not only events.
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        Ok(Outgoing {
            body,
            path: self.path.into(),
            headers,
            format: own_endpoint(target.provider.dialect),
        })
    }
}

/// Whether an answer of that type is passed on while it comes.
pub(crate) fn is_streamed(content_type: Option<&HeaderValue>) -> bool {
    let kind = content_type.and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    ["audio/", "text/event-stream", "application/octet-stream"]
        .iter()
        .any(|start| kind.starts_with(start))
}

/// The bytes as they come; an end too early is an error.
pub(crate) fn stream_of(body: Body) -> ByteStream {
    body.map(|piece| piece.map_err(|cut| HttpError::Broken(format!("{cut:?}"))))
        .boxed()
}
