//! Forms (`multipart/form-data`) as bytes, right or wrong.

use super::{Client, Reply};
use serde_json::Value;

const BOUNDARY: &str = "----conformance";

/// A form that is written part by part.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<u8>);

impl Form {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    #[must_use]
    pub fn text(self, name: &str, text: &str) -> Self {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"");
        self.part(&head, text.as_bytes())
    }

    /// Adds the file of the field `file`; its name is written as browsers do.
    #[must_use]
    pub fn file(self, filename: &str, bytes: &[u8]) -> Self {
        self.file_in("file", filename, bytes)
    }

    /// The same in another field.
    #[must_use]
    pub fn file_in(self, field: &str, filename: &str, bytes: &[u8]) -> Self {
        let escaped = filename
            .replace('"', "%22")
            .replace('\r', "%0D")
            .replace('\n', "%0A");
        let head = format!(
            "Content-Disposition: form-data; name=\"{field}\"; filename=\"{escaped}\"\r\n\
             Content-Type: text/plain"
        );
        self.part(&head, bytes)
    }

    /// Adds a part with these headers.
    #[must_use]
    pub fn part(mut self, head: &str, bytes: &[u8]) -> Self {
        self.0
            .extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").bytes());
        self.0.extend(bytes);
        self.0.extend(b"\r\n");
        self
    }

    /// The body, whole.
    pub fn body(mut self) -> Vec<u8> {
        self.0.extend(format!("--{BOUNDARY}--\r\n").bytes());
        self.0
    }

    /// Its `Content-Type`.
    pub fn content_type() -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }
}

impl Client {
    /// `POST` of a form.
    pub async fn send_form(&self, path: &str, form: Form) -> Reply {
        let request = self.request("POST", path);
        let request = request.header("content-type", Form::content_type());
        self.send(request.body(form.body())).await
    }

    /// Uploads a file for the purpose `analysis`.
    pub async fn upload(&self, filename: &str, bytes: &[u8]) -> Value {
        let form = Form::new()
            .file(filename, bytes)
            .text("purpose", "analysis");
        self.send_form("/v1/files/upload", form).await.succeeds(201)
    }
}
