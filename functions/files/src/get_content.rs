use crate::{
    caller::{Caller, files},
    content_disposition::attachment,
};
use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, TryStreamExt};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_range_header::parse_range_header;
use openclaw_core::{Code, Error};
use openclaw_files::FileRecord;
use openclaw_web::{ApiError, App, Id, Result, streamed};
use std::ops::Range;

/// What a browser may do with it: nothing.
const SANDBOX: &str = "sandbox; default-src 'none'";

/// The bytes, whole or the one range that is asked for; 304, 404, 416.
pub(crate) async fn get_content(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response> {
    let files = files(&app, &caller);
    let file = files.get(&id).await?;
    let tag = format!("\"{}\"", file.sha256);
    if is_known(&headers, &tag) {
        let unchanged = (StatusCode::NOT_MODIFIED, [(header::ETAG, value(&tag))]);
        return Ok(unchanged.into_response());
    }
    let range = match range(&headers, &tag, file.size) {
        Ok(range) => range,
        Err(error) => return Ok(outside(error, file.size)),
    };
    let bytes = match file.size {
        0 => Body::empty(),
        _ => {
            let content = files.content(&file, range.clone()).await?;
            streamed(content.map_err(axum::Error::new).boxed())
        }
    };
    let mut response = Response::new(bytes);
    describe(response.headers_mut(), &file, &tag);
    let length = match range {
        None => file.size,
        Some(Range { start, end }) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let told = format!("bytes {start}-{}/{}", end - 1, file.size);
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_RANGE, value(&told));
            end - start
        }
    };
    let length = HeaderValue::from(length);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length);
    Ok(response)
}

/// What is told of a file.
fn describe(headers: &mut HeaderMap, file: &FileRecord, tag: &str) {
    protect(headers);
    for (name, told) in [
        (header::CONTENT_TYPE, value(&file.content_type)),
        (header::CONTENT_DISPOSITION, attachment(&file.filename)),
        (header::ACCEPT_RANGES, value("bytes")),
        (header::ETAG, value(tag)),
    ] {
        headers.insert(name, told);
    }
}

/// What is told of anything that callers have sent, whatever it is called: no browser shows it, or
/// believes what it looks like.
pub(crate) fn protect(headers: &mut HeaderMap) {
    for (name, told) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, SANDBOX),
        (header::CACHE_CONTROL, "private, no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(told));
    }
}

/// Text that was checked when the file was made, or is ours.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// Whether the caller has it already.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = known
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    tags.any(|known| {
        let known = known.trim();
        known == "*" || known.trim_start_matches("W/") == tag
    })
}

/// The one range that is asked for. Several are answered with the whole, as RFC 9110 allows, and so is
/// what is no range of bytes, or is about another file. 416.
fn range(headers: &HeaderMap, tag: &str, size: u64) -> Result<Option<Range<u64>>, Error> {
    let asked = headers
        .get(header::RANGE)
        .and_then(|asked| asked.to_str().ok());
    let Some(asked) = asked else {
        return Ok(None);
    };
    let condition = headers.get(header::IF_RANGE);
    if condition.is_some_and(|condition| condition != tag) {
        return Ok(None);
    }
    let Ok(parsed) = parse_range_header(asked) else {
        return Ok(None);
    };
    if parsed.ranges.len() > 1 {
        return Ok(None);
    }
    match parsed.validate(size).as_deref() {
        Ok([range]) => Ok(Some(*range.start()..*range.end() + 1)),
        _ => {
            let message = format!("The file has {size} bytes, and none of the range");
            Err(Error::new(Code::RangeNotSatisfiable, message))
        }
    }
}

fn outside(error: Error, size: u64) -> Response {
    let mut response = ApiError(error).into_response();
    let told = value(&format!("bytes */{size}"));
    response.headers_mut().insert(header::CONTENT_RANGE, told);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(header::HeaderName, &str)]) -> Result<Option<Range<u64>>, u16> {
        let pairs = pairs.iter().map(|(name, told)| (name.clone(), value(told)));
        range(&pairs.collect(), "\"tag\"", 100).map_err(|error| error.code.status())
    }

    #[test]
    fn one_range_is_within_the_file() {
        let range = |text| asked(&[(header::RANGE, text)]);
        assert_eq!(range("bytes=0-0"), Ok(Some(0..1)));
        assert_eq!(range("bytes=10-"), Ok(Some(10..100)));
        assert_eq!(range("bytes=-10"), Ok(Some(90..100)));
        assert_eq!(range("bytes=90-1000"), Ok(Some(90..100)));
        assert_eq!(range("bytes=100-"), Err(416));
        assert_eq!(range("bytes=100-200"), Err(416));
    }

    #[test]
    fn what_is_no_single_range_is_the_whole() {
        for text in ["bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "x"] {
            assert_eq!(asked(&[(header::RANGE, text)]), Ok(None), "{text}");
        }
    }

    #[test]
    fn a_range_of_another_file_is_the_whole() {
        let range = (header::RANGE, "bytes=0-0");
        assert_eq!(
            asked(&[range.clone(), (header::IF_RANGE, "\"old\"")]),
            Ok(None)
        );
        let same = (header::IF_RANGE, "\"tag\"");
        assert_eq!(asked(&[range, same]), Ok(Some(0..1)));
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        for (told, known) in [
            ("\"tag\"", true),
            ("\"a\", W/\"tag\"", true),
            ("*", true),
            ("\"a\"", false),
        ] {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, value(told))]);
            assert_eq!(is_known(&headers, "\"tag\""), known, "{told}");
        }
    }
}
