//! Reads of an answer as little as the gateway needs: whether it is one, its usage, and its texts
//! where they must be counted.

use super::delta::Said;
use crate::{dialect::DecodeError, tokens, vendor_error::VendorError};
use bytes::Bytes;
use openclaw_schema::{
    chat::Text,
    usage::{CompletionUsage, TokenUsage},
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// An answer or a chunk. A field that is null counts as absent.
#[derive(Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    object: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Choice<'a> {
    pub(super) index: Option<u32>,
    #[serde(borrow)]
    finish_reason: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) delta: Option<Said<'a>>,
    #[serde(borrow)]
    message: Option<Said<'a>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    /// Of completions before the chat's.
    #[serde(borrow)]
    text: Option<Text<'a>>,
}

impl<'a> Choice<'a> {
    pub(super) fn index(&self) -> u32 {
        self.index.unwrap_or_default()
    }

    /// Whether it has its `finish_reason`: several servers write an empty one until the end.
    pub(super) fn is_finished(&self) -> bool {
        self.finish_reason.is_some() && !self.has_empty_reason()
    }

    pub(super) fn has_empty_reason(&self) -> bool {
        self.finish_reason
            .is_some_and(|reason| reason.get() == r#""""#)
    }

    fn tokens(&self) -> u64 {
        let text = self
            .text
            .as_ref()
            .map_or(0, |text| tokens::estimate(&text.0));
        text + self.said().map_or(0, Said::tokens)
    }

    /// Of an answer its message, of a chunk what it adds.
    pub(super) fn said(&self) -> Option<&Said<'a>> {
        self.delta.as_ref().or(self.message.as_ref())
    }

    /// OpenRouter reports a failure of its upstream within the choice.
    fn error(&self) -> Option<VendorError> {
        let failed = self
            .finish_reason
            .is_some_and(|reason| reason.get() == r#""error""#);
        match self.error {
            Some(error) => Some(vendor_error(error)),
            None => failed.then(VendorError::default),
        }
    }
}

/// The error in the field `error`.
fn vendor_error(error: &RawValue) -> VendorError {
    VendorError::read(format!(r#"{{"error":{}}}"#, error.get()).as_bytes())
}

impl<'a> Answer<'a> {
    /// An answer or a chunk; an error in its place is one.
    pub(super) fn parse(json: &'a [u8]) -> Result<Self, DecodeError> {
        let text = std::str::from_utf8(json).map_err(|error| format!("not UTF-8: {error}"))?;
        let answer: Self = serde_json::from_str(text)
            .map_err(|error| format!("not what it should be: {error}"))?;
        if let Some(error) = answer.error.filter(|error| !is_nothing(error)) {
            return Err(DecodeError::Vendor(vendor_error(error)));
        }
        if answer
            .object
            .as_ref()
            .is_some_and(|object| *object == "error")
        {
            return Err(DecodeError::Vendor(VendorError::read(json)));
        }
        let choices = answer.choices.iter().flatten();
        match choices.filter_map(Choice::error).next() {
            Some(error) => Err(DecodeError::Vendor(error)),
            None => Ok(answer),
        }
    }

    /// As [`Self::parse`], and `with` the bytes that were read: those of `json`, or, where it is
    /// JSON but for a `NaN` or an infinity in place of a number, with `null` there.
    pub(super) fn with<T>(
        json: &Bytes,
        with: impl FnOnce(Answer<'_>, &Bytes) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        match Answer::parse(json) {
            Ok(answer) => with(answer, json),
            Err(DecodeError::Malformed(words)) => {
                let Some(repaired) = super::number::without_nan(json) else {
                    return Err(DecodeError::Malformed(words));
                };
                with(Answer::parse(&repaired)?, &repaired)
            }
            Err(error) => Err(error),
        }
    }

    /// The provider's own counts.
    pub(super) fn usage(&self) -> Option<TokenUsage> {
        Some(CompletionUsage::read(self.usage?.get()))
    }

    /// Whether it holds anything that a chunk is for.
    pub(super) const fn is_chunk(&self) -> bool {
        self.choices.is_some() || self.usage.is_some()
    }

    /// The JSON string that is all that a chunk says, through its one choice, which goes on.
    pub(super) fn only_text(&self) -> Option<&str> {
        let [choice] = self.choices.as_deref()? else {
            return None;
        };
        let goes_on = choice.finish_reason.is_none() && self.usage.is_none();
        choice.said()?.only_text().filter(|_| goes_on)
    }

    /// An estimate of the tokens it carries; at least 1 where it shows anything.
    pub(super) fn tokens(&self) -> u64 {
        let choices = self.choices.iter().flatten();
        choices.map(Choice::tokens).sum()
    }
}

/// An empty string or `false`, which some servers write where there is no error.
fn is_nothing(error: &RawValue) -> bool {
    matches!(error.get(), r#""""# | "false")
}
