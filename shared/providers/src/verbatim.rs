//! Requests that go to a provider as their caller wrote them, because it has the caller's endpoint,
//! too: nothing that the vendor adds to it is lost on the way.

use crate::{
    catalog::Target,
    dialect::{AnswerFormat, Dialect},
};
use bytes::Bytes;
use http::HeaderMap;
use openclaw_core::{Error, Result};

/// An endpoint of callers that some providers have, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerFormat {
    /// Anthropic's `/messages`.
    Messages,
    /// OpenAI's `/responses`.
    Responses,
}

/// A request as its caller wrote it. At providers without its endpoint the chat that it was
/// converted to takes its place.
#[derive(Clone, Debug)]
pub struct Verbatim {
    /// The endpoint that was asked.
    pub format: CallerFormat,
    /// The body's fields after `"model"`, from the comma to the closing brace.
    pub fields: Bytes,
    /// Headers of the caller's that change what the endpoint does.
    pub headers: HeaderMap,
    /// A field that other formats have no word for, and what is wrong with it: then only providers
    /// with this endpoint can be asked.
    pub unconvertible: Option<(String, String)>,
}

impl Verbatim {
    /// The endpoint of `target` that is asked; `None` where it has only others. 400 where those
    /// cannot be asked.
    pub(crate) fn endpoint(&self, target: &Target) -> Result<Option<&'static dyn AnswerFormat>> {
        let provider = &target.provider;
        let endpoint = provider.dialect.verbatim(self.format, &provider.row);
        match (endpoint, &self.unconvertible) {
            (None, Some((field, issue))) => Err(Error::invalid(field.clone(), issue.clone())),
            (endpoint, _) => Ok(endpoint),
        }
    }
}

/// The endpoint of a chat in the provider's own dialect.
pub(crate) fn own_endpoint(dialect: &'static dyn Dialect) -> &'static dyn AnswerFormat {
    dialect
}
