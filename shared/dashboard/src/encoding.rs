//! Which of the precompressed files a client takes.

use http::{HeaderMap, header};

/// Encodings, the best first, and the ending of their files.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The encodings that `headers` accept (RFC 9110, 12.5.3), with the endings of their files, the best first.
pub(crate) fn accepted(headers: &HeaderMap) -> impl Iterator<Item = (&'static str, &'static str)> {
    let accepted = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(name)
        .collect::<Vec<_>>()
        .join(" ");
    ENCODINGS
        .into_iter()
        .filter(move |(name, _)| accepted.split(' ').any(|one| one == *name))
}

/// The coding that an item names, unless it is forbidden by a quality of 0.
fn name(item: &str) -> Option<String> {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next()?.to_ascii_lowercase();
    let quality = parts.find_map(|part| part.strip_prefix("q="));
    let is_refused = quality.and_then(|quality| quality.parse::<f32>().ok()) == Some(0.0);
    (!name.is_empty() && !is_refused).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(accept: &str) -> Vec<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, accept.parse().unwrap());
        accepted(&headers).map(|(name, _)| name).collect()
    }

    #[test]
    fn the_best_encoding_comes_first_and_refused_ones_do_not() {
        assert_eq!(names("gzip, deflate, br"), ["br", "gzip"]);
        assert_eq!(names("BR;q=0, gzip;q=0.5"), ["gzip"]);
        assert!(names("identity").is_empty());
        assert!(accepted(&HeaderMap::new()).next().is_none());
    }
}
