//! The frames that clients send.

use crate::call::Call;
use openclaw_core::{Error, Result};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The longest `id` of a request, in characters.
const MAX_ID: usize = 128;

/// A valid frame.
#[derive(Debug)]
pub(crate) enum ClientFrame {
    Auth {
        token: String,
    },
    Ping,
    Cancel {
        id: String,
    },
    /// `None`: nothing that could be resumed was named.
    Reconnect(Option<Resume>),
    Request {
        id: String,
        call: Call,
    },
}

/// Which session to go on with, and the `seq` of the last frame of it that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resume {
    pub(crate) session: String,
    pub(crate) last_seq: u64,
}

/// A frame that is not valid. The error ends the request of that id, if there is one.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) id: Option<String>,
    pub(crate) error: Box<Error>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self {
            id: None,
            error: error.into(),
        }
    }
}

/// The fields that mean something to the WebSocket itself; all others are the endpoint's.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    session: Option<&'a RawValue>,
    #[serde(borrow)]
    last_seq: Option<&'a RawValue>,
    #[serde(borrow)]
    stream: Option<&'a RawValue>,
    #[serde(borrow)]
    n: Option<&'a RawValue>,
    #[serde(borrow)]
    skill: Option<&'a RawValue>,
    #[serde(borrow)]
    workflow: Option<&'a RawValue>,
}

impl ClientFrame {
    pub(crate) fn parse(text: &str) -> Result<Self, Refused> {
        let fields: Fields<'_> = serde_json::from_str(text).map_err(|error| {
            Error::invalid("", format!("a frame must be a JSON object: {error}"))
        })?;
        let kind = string(fields.kind, "type", usize::MAX);
        match kind.as_deref() {
            Ok("auth") => Ok(Self::Auth {
                token: string(fields.token, "token", usize::MAX)?.into(),
            }),
            Ok("ping") => Ok(Self::Ping),
            Ok("cancel") => Ok(Self::Cancel {
                id: string(fields.id, "id", MAX_ID)?.into(),
            }),
            Ok("reconnect") => fields.resume().map(Self::Reconnect).map_err(Refused::from),
            _ => fields.request(kind, text),
        }
    }
}

impl Fields<'_> {
    fn resume(&self) -> Result<Option<Resume>> {
        if self.session.is_none() {
            return Ok(None);
        }
        let session = string(self.session, "session", MAX_ID)?.into();
        let last_seq = self.last_seq.map_or(Ok(0), |raw| {
            raw.get()
                .parse()
                .map_err(|_| Error::invalid("last_seq", "must be a whole number from 0 on"))
        })?;
        Ok(Some(Resume { session, last_seq }))
    }

    fn request(&self, kind: Result<Cow<'_, str>>, text: &str) -> Result<ClientFrame, Refused> {
        let id = string(self.id, "id", MAX_ID);
        let call = kind.and_then(|kind| self.call(&kind, text));
        match (id, call) {
            (Ok(id), Ok(call)) => Ok(ClientFrame::Request {
                id: id.into(),
                call,
            }),
            (Ok(id), Err(error)) => Err(Refused {
                id: Some(id.into()),
                error: error.into(),
            }),
            // What the frame is matters more than how it would be called.
            (Err(_), Err(error)) if self.id.is_none() => Err(error.into()),
            (Err(error), _) => Err(error.into()),
        }
    }

    fn call(&self, kind: &str, text: &str) -> Result<Call> {
        match kind {
            "chat" => {
                let many = self.n.and_then(|n| n.get().parse().ok());
                if many.is_some_and(|n: u64| n > 1) {
                    return Err(Error::invalid(
                        "n",
                        "must be 1: a frame has room for one choice",
                    ));
                }
                let stream = self.stream.is_some_and(|stream| stream.get() == "true");
                Ok(Call::chat(stream, text))
            }
            "skill_execute" => Ok(Call::skill(&string(self.skill, "skill", MAX_ID)?, text)),
            "workflow_start" => {
                let workflow = string(self.workflow, "workflow", MAX_ID)?;
                Ok(Call::workflow(&workflow, text))
            }
            _ => Err(Error::invalid("type", "is unknown")),
        }
    }
}

/// A string of 1 to `most` characters.
fn string<'a>(raw: Option<&'a RawValue>, field: &str, most: usize) -> Result<Cow<'a, str>> {
    let raw = raw.ok_or_else(|| Error::invalid(field, "is missing"))?;
    let Text(text) =
        serde_json::from_str(raw.get()).map_err(|_| Error::invalid(field, "must be a string"))?;
    match text.chars().count() {
        0 => Err(Error::invalid(field, "must not be empty")),
        length if length > most => {
            let issue = format!("must have at most {most} characters");
            Err(Error::invalid(field, issue))
        }
        _ => Ok(text),
    }
}

/// Text, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
