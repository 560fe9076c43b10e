use crate::{encoding, headers};
use axum::{
    Router,
    body::Body,
    extract::{Path, Request},
    response::Response,
    routing::get,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::{Embed, EmbeddedFile};

/// The built dashboard, each file also as `.br` and `.gz`.
#[derive(Embed)]
#[folder = "../../dashboard/dist/dashboard"]
#[allow_missing = true]
struct Files;

/// What a browser sees where the dashboard was not built.
const MISSING: &str =
    "This build of the gateway has no dashboard in it: `cargo xtask build dashboard` makes it.\n";

/// `/dashboard/` and what is below it. `precompressed`: whether bodies may have a `Content-Encoding`; where
/// something in front takes them for text, they may not.
pub fn router<S: Clone + Send + Sync + 'static>(precompressed: bool) -> Router<S> {
    let file = move |path: String, request: Request| async move {
        answer(&path, request.headers(), precompressed)
    };
    Router::new()
        .route("/dashboard", get(async || found("dashboard/")))
        .route(
            "/dashboard/",
            get(move |request: Request| file("index.html".into(), request)),
        )
        .route(
            "/dashboard/{*path}",
            get(move |Path(path): Path<String>, request: Request| file(path, request)),
        )
}

/// Relative, so that no prefix of a proxy is lost.
fn found(location: &'static str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    let location = HeaderValue::from_static(location);
    response.headers_mut().insert(header::LOCATION, location);
    response
}

fn answer(path: &str, asked: &HeaderMap, precompressed: bool) -> Response {
    let Some(plain) = Files::get(path).filter(|_| !is_variant(path)) else {
        return missing();
    };
    let etag = etag(&plain);
    let mut response = Response::new(Body::empty());
    headers::add(response.headers_mut(), path);
    let is_known = asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|known| known.as_bytes() == etag.as_bytes());
    response.headers_mut().insert(header::ETAG, etag);
    let vary = HeaderValue::from_static("accept-encoding");
    response.headers_mut().append(header::VARY, vary);
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    let kind = HeaderValue::from_static(content_type(path));
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    let encoded = encoding::accepted(asked)
        .filter(|_| precompressed)
        .find_map(|(name, ending)| Some((name, Files::get(&format!("{path}{ending}"))?)));
    *response.body_mut() = match encoded {
        Some((name, file)) => {
            let name = HeaderValue::from_static(name);
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, name);
            Body::from(file.data.into_owned())
        }
        None => Body::from(plain.data.into_owned()),
    };
    response
}

fn missing() -> Response {
    let text = match Files::get("index.html") {
        Some(_) => "Not found\n",
        None => MISSING,
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::NOT_FOUND;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// Whether it is a file in an encoding, which is never asked for by its own name.
fn is_variant(path: &str) -> bool {
    path.ends_with(".br") || path.ends_with(".gz")
}

/// Weak: one for all encodings of a file.
fn etag(file: &EmbeddedFile) -> HeaderValue {
    let hash = file.metadata.sha256_hash();
    let short: String = hash[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    HeaderValue::try_from(format!("W/\"{short}\"")).unwrap_or(HeaderValue::from_static("W/\"0\""))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_executor::block_on;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    fn ask(path: &str, named: &[(&str, &str)]) -> Response {
        let mut request = Request::get(path);
        for (name, value) in named {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        block_on(router::<()>(true).with_state(()).oneshot(request)).unwrap()
    }

    fn body(response: Response) -> Vec<u8> {
        let collected = block_on(response.into_body().collect()).unwrap();
        collected.to_bytes().to_vec()
    }

    #[test]
    fn the_folder_has_a_slash_at_its_end() {
        let found = ask("/dashboard", &[]);
        assert_eq!(found.status(), StatusCode::FOUND);
        assert_eq!(found.headers()["location"], "dashboard/");
    }

    /// What is embedded depends on whether the dashboard was built: both are right.
    #[test]
    fn files_come_with_their_headers_or_say_that_they_were_not_built() {
        let page = ask("/dashboard/", &[("accept-encoding", "br")]);
        if Files::get("index.html").is_none() {
            assert_eq!(page.status(), StatusCode::NOT_FOUND);
            assert_eq!(body(page), MISSING.as_bytes());
            return;
        }
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(page.headers()["content-encoding"], "br");
        assert_eq!(page.headers()["cache-control"], "no-cache");
        let etag = page.headers()["etag"].to_str().unwrap().to_owned();
        let again = ask("/dashboard/", &[("if-none-match", &etag)]);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let plain = ask("/dashboard/index.html", &[]);
        assert!(plain.headers().get("content-encoding").is_none());
        assert!(body(plain).starts_with(b"<!doctype html>"));

        let is_script = |path: &str| path.starts_with("assets/") && path.ends_with(".js");
        let script = Files::iter().find(|path| is_script(path)).unwrap();
        let script = ask(
            &format!("/dashboard/{script}"),
            &[("accept-encoding", "gzip")],
        );
        assert_eq!(script.headers()["content-encoding"], "gzip");
        let caching = script.headers()["cache-control"].to_str().unwrap();
        assert!(caching.ends_with("immutable"), "{caching}");
        for nothing in [
            "/dashboard/nothing.js",
            "/dashboard/index.html.br",
            "/dashboard/../x",
        ] {
            assert_eq!(
                ask(nothing, &[]).status(),
                StatusCode::NOT_FOUND,
                "{nothing}"
            );
        }
    }
}
