//! The headers of every file, from the one place that has them: `dashboard/headers.json`, of which Workers'
//! `_headers` is made, too.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::{collections::BTreeMap, sync::LazyLock};

static HEADERS: LazyLock<HeaderMap> = LazyLock::new(|| {
    let text = include_str!("../../../dashboard/headers.json");
    let named: BTreeMap<String, String> = serde_json::from_str(text).unwrap_or_default();
    named
        .into_iter()
        .filter_map(|(name, value)| {
            let name = HeaderName::try_from(name).ok()?;
            Some((name, HeaderValue::try_from(value).ok()?))
        })
        .collect()
});

/// A name that changes with the content.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Asked for each time, and mostly answered 304.
const REVALIDATED: HeaderValue = HeaderValue::from_static("no-cache");

/// Adds those of a file at `path`.
pub(crate) fn add(headers: &mut HeaderMap, path: &str) {
    headers.extend(HEADERS.clone());
    let caching = match path.starts_with("assets/") {
        true => IMMUTABLE,
        false => REVALIDATED,
    };
    headers.insert(header::CACHE_CONTROL, caching);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_inline_and_nothing_of_others_is_allowed() {
        let mut headers = HeaderMap::new();
        add(&mut headers, "index.html");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        for wrong in ["unsafe", "http", "*"] {
            assert!(!policy.contains(wrong), "{policy}");
        }
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "no-cache");
    }
}
