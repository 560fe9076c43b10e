//! Files in a chat: `file_ids` on a message, and parts `{"type": "file", "file": {"file_id": …}}`, become
//! text parts with the files' texts, and pictures become image parts.

use crate::{Files, record::FileRecord};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use openclaw_core::{
    ByteStream, Code, Error, Result,
    json::{Compact, Object},
};
use openclaw_schema::{
    file::FileStatus,
    json::{parse, parse_text},
};
use serde_json::json;
use std::time::Duration;

/// Files of one request.
const MAX_FILES: usize = 20;

/// Bytes of a picture.
const MAX_PICTURE: u64 = 10 << 20;

/// Pictures that models look at.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// The words without which a body names no file: for whoever wants to save the look.
pub const MARK: &[u8] = b"file_id";

/// How much may be put into a chat.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Tokens of the model's context; `None` for a model that nobody knows.
    pub context: Option<u64>,
    /// Bytes of the whole body.
    pub bytes: usize,
    /// Whether the caller may read files.
    pub is_allowed: bool,
}

/// The files of one request, one after the other.
struct Attach<'a> {
    files: &'a Files<'a>,
    room: Room,
    count: usize,
    tokens: u64,
    /// Bytes that the body has by now.
    bytes: usize,
}

impl Files<'_> {
    /// `body` with its files in it; `None` where it names none. `room` tells how much a chat with a model
    /// may hold. 400 names the file that is not there, has no text or is too much; 403; 409 where one is not
    /// processed yet.
    pub async fn attach(
        &self,
        body: &[u8],
        room: impl FnOnce(&str) -> Room,
    ) -> Result<Option<Bytes>> {
        let text = parse_text(body)?;
        let mut request: Object = parse(text, "")?;
        let Some(messages) = request.get("messages") else {
            return Ok(None);
        };
        let mut messages: Vec<Object> = parse(messages, "messages")?;
        let model = request.get("model").unwrap_or_default();
        let room = room(&serde_json::from_str::<String>(model).unwrap_or_default());
        let mut attach = Attach {
            files: self,
            room,
            count: 0,
            tokens: 0,
            bytes: body.len(),
        };
        for (at, message) in messages.iter_mut().enumerate() {
            attach.message(message, &format!("messages[{at}]")).await?;
        }
        if attach.count == 0 {
            return Ok(None);
        }
        request.set("messages", array(messages.iter().map(Object::to_string)));
        Ok(Some(request.to_string().into()))
    }
}

fn array(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", Vec::from_iter(values).join(","))
}

impl Attach<'_> {
    async fn message(&mut self, message: &mut Object, at: &str) -> Result<()> {
        let mut parts = match message.get("content") {
            Some(content) if content.starts_with('[') => {
                parse::<Vec<Compact>>(content, &format!("{at}.content"))?
            }
            _ => vec![],
        };
        let before = self.count;
        for (index, part) in parts.iter_mut().enumerate() {
            if let Some(id) = file_of(&part.0) {
                let field = format!("{at}.content[{index}].file.file_id");
                part.0 = self.part(&id, &field).await?;
            }
        }
        if let Some(ids) = message.get("file_ids").map(str::to_owned) {
            let field = format!("{at}.file_ids");
            // A text of its own goes after the files, as a question does.
            if parts.is_empty()
                && let Some(content) = message
                    .get("content")
                    .filter(|content| content.starts_with('"'))
            {
                parts.push(Compact(format!("{{\"type\":\"text\",\"text\":{content}}}")));
            }
            let mut attached = Vec::new();
            for (index, id) in parse::<Vec<String>>(&ids, &field)?.iter().enumerate() {
                let part = self.part(id, &format!("{field}[{index}]")).await?;
                attached.push(Compact(part));
            }
            attached.append(&mut parts);
            parts = attached;
            message.remove("file_ids");
        }
        if self.count > before {
            message.set("content", array(parts.into_iter().map(|part| part.0)));
        }
        Ok(())
    }

    /// The part of a chat that a file becomes; `field` names it.
    async fn part(&mut self, id: &str, field: &str) -> Result<String> {
        self.count += 1;
        if !self.room.is_allowed {
            let message = "The key lacks the scope 'files'";
            return Err(Error::new(Code::Forbidden, message));
        }
        if self.count > MAX_FILES {
            let issue = format!("is one of more than {MAX_FILES} files");
            return Err(Error::invalid(field, issue));
        }
        let file = self.files.get(id).await.map_err(|error| match error.code {
            Code::NotFound => {
                Error::invalid(field, format!("names no file of the account: '{id}'"))
            }
            _ => error,
        })?;
        let name = &file.filename;
        match file.status {
            FileStatus::Processed => {}
            FileStatus::Failed => {
                let why = file.error.as_deref().unwrap_or_default();
                let issue = format!("names '{name}', which cannot be read: {why}");
                return Err(Error::invalid(field, issue));
            }
            FileStatus::Uploaded | FileStatus::Processing => {
                let message = format!("The file '{name}' is not processed yet");
                let error = Error::new(Code::Conflict, message);
                return Err(error.with_retry_after(Duration::from_secs(1)));
            }
        }
        let part = match file.tokens {
            Some(tokens) => self.text(&file, tokens, field).await?,
            None => self.picture(&file, field).await?,
        };
        Ok(part.to_string())
    }

    async fn text(
        &mut self,
        file: &FileRecord,
        tokens: u64,
        field: &str,
    ) -> Result<serde_json::Value> {
        self.tokens += tokens;
        if self
            .room
            .context
            .is_some_and(|context| self.tokens > context)
        {
            let (name, sum) = (&file.filename, self.tokens);
            let issue = format!(
                "names '{name}', with which the files have about {sum} tokens: more than the model's context"
            );
            return Err(Error::invalid(field, issue));
        }
        let bytes = self.read(self.files.text(file).await?, file, field).await?;
        let text = String::from_utf8_lossy(&bytes);
        let text = format!("File '{}':\n\n{text}", file.filename);
        Ok(json!({"type": "text", "text": text}))
    }

    async fn picture(&mut self, file: &FileRecord, field: &str) -> Result<serde_json::Value> {
        let (name, kind) = (&file.filename, &*file.content_type);
        if !PICTURES.contains(&kind) {
            let issue = format!("names '{name}', in which there is no text ({kind})");
            return Err(Error::invalid(field, issue));
        }
        if file.size > MAX_PICTURE {
            let issue = format!("names '{name}', a picture of more than {MAX_PICTURE} bytes");
            return Err(Error::invalid(field, issue));
        }
        let content = self.files.content(file, None).await?;
        let bytes = self.read(content, file, field).await?;
        let url = format!("data:{kind};base64,{}", BASE64_STANDARD.encode(&bytes));
        Ok(json!({"type": "image_url", "image_url": {"url": url}}))
    }

    /// All of a stream, as far as there is room for it.
    async fn read(&mut self, bytes: ByteStream, file: &FileRecord, field: &str) -> Result<Bytes> {
        let (mut bytes, mut whole) = (bytes, BytesMut::new());
        while let Some(piece) = bytes.try_next().await.map_err(Error::internal)? {
            self.bytes += piece.len();
            if self.bytes > self.room.bytes {
                let (name, most) = (&file.filename, self.room.bytes);
                let issue =
                    format!("names '{name}', with which the request has more than {most} bytes");
                return Err(Error::invalid(field, issue));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

/// The id of a part that is a file of the account; what has its bytes with it is passed on as it is.
fn file_of(part: &str) -> Option<String> {
    let part = Object::of(part)?;
    if part.get("type") != Some("\"file\"") {
        return None;
    }
    let file = Object::of(part.get("file")?)?;
    serde_json::from_str(file.get("file_id")?).ok()
}
