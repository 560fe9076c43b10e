//! The type and the text of a file, from its bytes: what a name claims decides only between kinds of text.
//!
//! Whatever the bytes are, [`extract`] ends: in memory of a few times [`Limits`], without recursion that
//! follows the input. A parser may still panic or be slow over bytes that were made for it. Whoever calls
//! it runs it where that costs nothing else: in a process, or an invocation, of its own.

mod docx;
mod html;
mod kind;
mod output;
mod pdf;

use kind::Kind;
use output::Output;

/// How much a file may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text.
    pub text: usize,
    /// Bytes that one compressed part of the file may become.
    pub inflated: usize,
}

impl Default for Limits {
    /// 4 MiB of text, parts of 16 MiB.
    fn default() -> Self {
        Self {
            text: 4 << 20,
            inflated: 16 << 20,
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extracted {
    /// The media type.
    pub content_type: &'static str,
    /// The text; `None` where files of this type have none.
    pub text: Option<String>,
}

/// Why a file has no text although its type has. It is shown to the file's owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// It is not what its first bytes say, or is damaged.
    #[error("it is no {0} that can be read")]
    Broken(&'static str),
    /// It needs a password.
    #[error("it is encrypted")]
    Encrypted,
    /// It has more text than is read.
    #[error("it has more than {0} bytes of text")]
    TooLong(usize),
    /// A part of it inflates beyond all measure, or it has too much in it.
    #[error("it takes too much to read: {0}")]
    TooMuch(&'static str),
}

/// The type and text of a file that its sender calls `name`.
pub fn extract(bytes: &[u8], name: &str, limits: Limits) -> Result<Extracted, ExtractError> {
    let kind = kind::detect(bytes, name);
    let text = match kind {
        Kind::Pdf => Some(pdf::text(bytes, limits)?),
        Kind::Docx => Some(docx::text(bytes, limits)?),
        Kind::Html(source) => Some(html::text(source, limits)?),
        Kind::Text { text, .. } => {
            let mut output = Output::new(limits.text);
            output.push(text)?;
            Some(output.finish())
        }
        Kind::Other(_) => None,
    };
    Ok(Extracted {
        content_type: kind.content_type(),
        text,
    })
}
