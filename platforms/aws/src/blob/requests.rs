//! The calls of S3's REST API that blobs need, and what is read of their answers.

use crate::{
    Settings,
    signed::{signed_for_s3, text},
};
use ::http::{Method, Request, header};
use bytes::Bytes;
use openclaw_core::blob::MAX_LISTED;
use quick_xml::{de::from_reader, se::to_string_with_root};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::ops::Range;

/// A call: the path below the bucket and its query, which need no encoding, and what goes with it.
pub(super) struct Call {
    method: Method,
    target: String,
    range: Option<String>,
    body: Bytes,
}

impl Call {
    fn new(method: Method, target: String) -> Self {
        Self {
            method,
            target,
            range: None,
            body: Bytes::new(),
        }
    }

    fn with_body(self, body: Bytes) -> Self {
        Self { body, ..self }
    }

    /// The request, signed now.
    pub(super) fn signed(&self, settings: &Settings) -> Result<Request<Bytes>, String> {
        let (endpoint, bucket) = (settings.s3.trim_end_matches('/'), &settings.bucket);
        let uri = format!("{endpoint}/{bucket}{}", self.target);
        let mut request = Request::builder().method(self.method.clone()).uri(uri);
        if let Some(range) = &self.range {
            request = request.header(header::RANGE, range);
        }
        signed_for_s3(settings, request.body(self.body.clone()).map_err(text)?)
    }
}

/// The object under a key.
#[derive(Clone, Copy)]
pub(super) struct Object<'a>(pub(super) &'a str);

impl Object<'_> {
    fn call(self, method: Method, query: &str) -> Call {
        Call::new(method, format!("/{}{query}", self.0))
    }

    pub(super) fn put(self, bytes: Bytes) -> Call {
        self.call(Method::PUT, "").with_body(bytes)
    }

    pub(super) fn head(self) -> Call {
        self.call(Method::HEAD, "")
    }

    pub(super) fn delete(self) -> Call {
        self.call(Method::DELETE, "")
    }

    pub(super) fn get(self, range: Option<Range<u64>>) -> Call {
        let range =
            range.map(|range| format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
        Call {
            range,
            ..self.call(Method::GET, "")
        }
    }

    pub(super) fn begin_upload(self) -> Call {
        self.call(Method::POST, "?uploads=")
    }

    pub(super) fn put_part(self, upload: &str, number: usize, bytes: Bytes) -> Call {
        let query = format!("?partNumber={number}&uploadId={}", encoded(upload));
        self.call(Method::PUT, &query).with_body(bytes)
    }

    pub(super) fn complete_upload(
        self,
        upload: &str,
        parts: Vec<CompletedPart>,
    ) -> Result<Call, Malformed> {
        let body = to_string_with_root("CompleteMultipartUpload", &Completed { parts });
        let body = body.map_err(|error| Malformed(error.to_string()))?;
        let call = self.call(Method::POST, &format!("?uploadId={}", encoded(upload)));
        Ok(call.with_body(body.into()))
    }

    pub(super) fn abort_upload(self, upload: &str) -> Call {
        self.call(Method::DELETE, &format!("?uploadId={}", encoded(upload)))
    }
}

/// Keys below `prefix`.
pub(super) fn list(prefix: &str) -> Call {
    let prefix = encoded(&format!("{prefix}/"));
    let target = format!("?list-type=2&max-keys={MAX_LISTED}&prefix={prefix}");
    Call::new(Method::GET, target)
}

/// As a value in a query.
fn encoded(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

#[derive(Serialize)]
struct Completed {
    #[serde(rename = "Part")]
    parts: Vec<CompletedPart>,
}

/// A part of an upload that was taken.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CompletedPart {
    part_number: usize,
    #[serde(rename = "ETag")]
    tag: String,
}

impl CompletedPart {
    pub(super) const fn new(part_number: usize, tag: String) -> Self {
        Self { part_number, tag }
    }
}

/// The answer to the beginning of an upload.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UploadId {
    pub(super) upload_id: String,
}

/// The answer to its end; a failure has no tag.
#[derive(Deserialize)]
struct Complete {
    #[serde(rename = "ETag")]
    _tag: String,
}

/// A page of keys.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListedKeys {
    #[serde(default)]
    pub(super) contents: Vec<Listed>,
}

/// A key.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    pub(super) key: String,
}

/// An answer that is not what S3 answers.
#[derive(Debug)]
pub(super) struct Malformed(String);

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "S3: {}", self.0)
    }
}

/// An answer's document.
pub(super) fn parse<T: DeserializeOwned>(answer: &[u8]) -> Result<T, Malformed> {
    from_reader(answer).map_err(|error| Malformed(error.to_string()))
}

/// That an upload has become an object.
pub(super) fn parse_completed(answer: &[u8]) -> Result<(), Malformed> {
    parse::<Complete>(answer).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let begun = br#"<?xml version="1.0" encoding="UTF-8"?><InitiateMultipartUploadResult
            xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>b</Bucket><Key>a/b</Key>
            <UploadId>u+/=</UploadId></InitiateMultipartUploadResult>"#;
        assert_eq!(parse::<UploadId>(begun).unwrap().upload_id, "u+/=");
        let listed = br#"<ListBucketResult><Name>b</Name><KeyCount>2</KeyCount>
            <Contents><Key>a/1</Key><Size>3</Size></Contents>
            <Contents><Key>a/2</Key><Size>4</Size></Contents></ListBucketResult>"#;
        let keys = parse::<ListedKeys>(listed).unwrap().contents;
        assert_eq!(
            Vec::from_iter(keys.iter().map(|listed| &*listed.key)),
            ["a/1", "a/2"]
        );
        let none = br"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>";
        assert!(parse::<ListedKeys>(none).unwrap().contents.is_empty());
    }

    #[test]
    fn an_upload_that_failed_after_its_status_is_seen() {
        let done =
            br"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>";
        parse_completed(done).unwrap();
        let failed = br"<Error><Code>InternalError</Code><Message>x</Message></Error>";
        parse_completed(failed).unwrap_err();
        parse_completed(b"").unwrap_err();
    }

    #[test]
    fn parts_are_listed_with_their_tags() {
        let parts = vec![CompletedPart::new(1, "\"a&b\"".into())];
        let call = Object("k").complete_upload("u+/", parts).unwrap();
        let body = String::from_utf8(call.body.to_vec()).unwrap();
        assert!(
            body.starts_with("<CompleteMultipartUpload><Part><PartNumber>1<"),
            "{body}"
        );
        assert!(body.contains("a&amp;b"), "{body}");
        assert_eq!(call.target, "/k?uploadId=u%2B%2F");
    }
}
