//! The HTTP server.

use super::{
    anthropic, bedrock,
    fixed::Fixed,
    gemini, google, open_meteo, openai, others,
    play::{self, Failures, Play},
    record::{Ending, Records, Seen},
    reply::Reply,
    script::{Coding, Script},
    site,
};
use bytes::Bytes;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use memchr::memmem::Finder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::{Value, json};
use std::{
    future::pending,
    io::{self, Write},
    str::FromStr,
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, time::sleep};

const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");
const FRAMES: HeaderValue = HeaderValue::from_static("application/vnd.amazon.eventstream");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How requests without a script are answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// Between two events of a stream; zero: the whole stream in one write.
    pub pace: Duration,
}

/// Serves until the task is dropped.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, settings: Settings) -> io::Result<()> {
    let upstream = Arc::new(Upstream::new(settings));
    loop {
        let (socket, _) = listener.accept().await?;
        // Without it an event waits up to 40 ms for the acknowledgement of the one before.
        socket.set_nodelay(true)?;
        let upstream = upstream.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let upstream = upstream.clone();
                async move { upstream.answer(request).await }
            });
            // A connection that breaks is what half the scripts are for.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

#[derive(Clone, Copy)]
enum Dialect {
    Openai,
    Anthropic,
    Gemini,
    Bedrock,
}

struct Upstream {
    script: Finder<'static>,
    openai: Fixed,
    anthropic: Fixed,
    records: Records,
}

impl Upstream {
    fn new(settings: Settings) -> Self {
        Self {
            // As it looks inside a JSON string.
            script: Finder::new(b"{\\\"upstream\\\":"),
            openai: Fixed::openai(settings.pace),
            anthropic: Fixed::anthropic(settings.pace),
            records: Records::default(),
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Play>> {
        let dialect = match (request.method(), request.uri().path()) {
            (&Method::POST, path) => match Dialect::at(path) {
                Some(dialect) => dialect,
                None => return self.answer_other(request).await,
            },
            (&Method::GET, "/v1/models") => {
                let models = json!({"object": "list", "data": [
                    {"id": "mock", "object": "model", "created": 0, "owned_by": "openclaw"},
                ]});
                return Ok(respond(StatusCode::OK, &models));
            }
            (&Method::GET, path) if path.starts_with("/control/") => {
                let tag = path.trim_start_matches("/control/");
                return Ok(respond(StatusCode::OK, &self.records.report(tag)));
            }
            _ => return self.answer_other(request).await,
        };
        let (head, body) = request.into_parts();
        if head.uri.path().starts_with("/vertex/") && !google::is_authorized(&head.headers) {
            return Ok(respond(StatusCode::UNAUTHORIZED, &dialect.error(401)));
        }
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        if self.script.find(&body).is_none() {
            return Ok(self.answer_fixed(dialect, &head, &body));
        }
        let body: Value = serde_json::from_slice(&body)?;
        match Script::find(&dialect.messages(&body)) {
            Some(Ok(script)) => self.answer_script(dialect, script, &head, body).await,
            Some(Err(mistake)) => {
                let error =
                    json!({"error": {"message": format!("the script is wrong: {mistake}")}});
                Ok(respond(StatusCode::BAD_REQUEST, &error))
            }
            None => Ok(self.answer_fixed(dialect, &head, body.to_string().as_bytes())),
        }
    }

    /// Open-Meteo, and the web site.
    async fn answer_other(&self, request: Request<Incoming>) -> io::Result<Response<Play>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        if head.uri.path() == google::PATH {
            let (status, answer) = google::token(&body);
            return Ok(respond(status, &answer));
        }
        if let Some(answer) = others::answer(head.uri.path(), &body) {
            let record = others::record(head.uri.path(), &head.headers, &body);
            let ending = record.map(|(tag, body)| self.records.begin(&tag, seen(&head, body)).1);
            return Ok(answer.map(|steps| Play::new(steps, ending)));
        }
        let query = site::query(&head);
        let ending = site::tag(&query).map(|tag| {
            let json = serde_json::from_slice(&body).unwrap_or_default();
            self.records.begin(tag, seen(&head, json)).1
        });
        if let Some((status, steps)) = open_meteo::answer(head.uri.path(), &query) {
            let mut response = success(false, Play::new(steps, ending));
            *response.status_mut() = status;
            return Ok(response);
        }
        match site::answer(&head, &query, &body) {
            Some(answer) => {
                let mut answer = answer.map(|steps| Play::new(steps, ending));
                let kind = answer.headers_mut().entry(header::CONTENT_TYPE);
                kind.or_insert(JSON);
                Ok(answer)
            }
            None => Ok(respond(
                StatusCode::NOT_FOUND,
                &json!({"error": "no such path"}),
            )),
        }
    }

    fn answer_fixed(
        &self,
        dialect: Dialect,
        head: &http::request::Parts,
        body: &[u8],
    ) -> Response<Play> {
        let fixed = match dialect {
            Dialect::Openai => &self.openai,
            Dialect::Anthropic => &self.anthropic,
            Dialect::Gemini | Dialect::Bedrock => {
                let (model, stream) = in_path(head.uri.path());
                let script = Script::default();
                let steps = dialect.steps(&script, &Reply::new(&script, &model), (stream, true));
                return dialect.success(stream, Play::new(steps, None));
            }
        };
        let (stream, steps) = fixed.answer(body);
        success(stream, Play::new(steps, None))
    }

    async fn answer_script(
        &self,
        dialect: Dialect,
        script: Script,
        head: &http::request::Parts,
        body: Value,
    ) -> io::Result<Response<Play>> {
        let (model, stream) = match dialect {
            Dialect::Openai | Dialect::Anthropic => (
                body["model"].as_str().unwrap_or_default().to_string(),
                body["stream"] == true,
            ),
            Dialect::Gemini | Dialect::Bedrock => in_path(head.uri.path()),
        };
        let include_usage = body["stream_options"]["include_usage"] == true;
        // Anthropic's form of a tool that must be called, and Converse's.
        let chosen = [
            &body["tool_choice"]["name"],
            &body["toolConfig"]["toolChoice"]["tool"]["name"],
        ];
        let forced = chosen.iter().find_map(|name| name.as_str());
        let forced = forced.map(str::to_owned);
        let (place, ending) = self.records.begin(&script.tag, seen(head, body));
        let script = match script.fail_first {
            Some(first) if place >= first => script.without_failures(),
            _ => script,
        };
        sleep(script.head_delay()).await;
        if script.never {
            pending::<()>().await;
        }
        if script.hang_up {
            finish(ending);
            return Err(io::Error::other("hung up by the script"));
        }
        if let Some(status) = script.status {
            return refuse(dialect, &script, status, ending);
        }
        let reply = Reply::new(&script, &model).calling(forced.as_deref());
        let steps = dialect.steps(&script, &reply, (stream, include_usage));
        Ok(dialect.success(stream, Play::new(steps, Some(ending))))
    }
}

/// The model that a path names, and whether it asks for a stream: `…/models/MODEL:METHOD`,
/// `/model/MODEL/OPERATION`.
fn in_path(path: &str) -> (String, bool) {
    let model = path.split_once("/models/").map(|(_, rest)| rest);
    let model = model.or_else(|| path.split_once("/model/").map(|(_, rest)| rest));
    let model = model.unwrap_or_default();
    let (model, method) = match path.contains("/models/") {
        true => model.rsplit_once(':').unwrap_or_default(),
        false => model.rsplit_once('/').unwrap_or_default(),
    };
    (model.into(), method.contains("tream"))
}

impl Dialect {
    /// What is spoken at a path.
    fn at(path: &str) -> Option<Self> {
        match path {
            "/v1/chat/completions" => Some(Self::Openai),
            "/v1/messages" => Some(Self::Anthropic),
            path if path.starts_with("/gemini/v1beta/models/") => Some(Self::Gemini),
            path if path.starts_with("/vertex/v1/projects/") => Some(Self::Gemini),
            path if path.starts_with("/bedrock/model/") => Some(Self::Bedrock),
            _ => None,
        }
    }

    /// The body in which a script is looked for.
    fn messages(self, body: &Value) -> Value {
        match self {
            Self::Openai | Self::Anthropic | Self::Bedrock => {
                json!({"messages": body["messages"]})
            }
            Self::Gemini => gemini::messages(body),
        }
    }

    fn steps(
        self,
        script: &Script,
        reply: &Reply,
        (stream, include_usage): (bool, bool),
    ) -> Vec<play::Step> {
        match stream {
            true => {
                let (events, failures) = self.stream(reply, include_usage);
                play::stream(script, events, &failures)
            }
            false => play::plain(script, self.plain(reply).to_string().into()),
        }
    }

    fn success(self, stream: bool, play: Play) -> Response<Play> {
        let mut response = success(stream, play);
        if let (Self::Bedrock, true) = (self, stream) {
            response.headers_mut().insert(header::CONTENT_TYPE, FRAMES);
        }
        response
    }

    fn plain(self, reply: &Reply) -> Value {
        match self {
            Self::Openai => openai::plain(reply),
            Self::Anthropic => anthropic::plain(reply),
            Self::Gemini => gemini::plain(reply),
            Self::Bedrock => bedrock::plain(reply),
        }
    }

    fn stream(self, reply: &Reply, include_usage: bool) -> (super::reply::Events, Failures) {
        match self {
            Self::Openai => (
                openai::stream(reply, include_usage),
                Failures {
                    error_event: openai::error_event(),
                    malformed_event: openai::malformed_event(),
                },
            ),
            Self::Anthropic => (
                anthropic::stream(reply),
                Failures {
                    error_event: anthropic::error_event(),
                    malformed_event: anthropic::malformed_event(),
                },
            ),
            Self::Gemini => (
                gemini::stream(reply),
                Failures {
                    error_event: gemini::error_event(),
                    malformed_event: gemini::malformed_event(),
                },
            ),
            Self::Bedrock => (
                bedrock::stream(reply),
                Failures {
                    error_event: bedrock::error_event(),
                    malformed_event: bedrock::malformed_event(),
                },
            ),
        }
    }

    fn error(self, status: u16) -> Value {
        match self {
            Self::Openai => openai::error(status),
            Self::Anthropic => anthropic::error(status),
            Self::Gemini => gemini::error(status),
            Self::Bedrock => bedrock::error(status),
        }
    }
}

/// The scripted status with the scripted or the vendor's body.
fn refuse(
    dialect: Dialect,
    script: &Script,
    status: u16,
    ending: Ending,
) -> io::Result<Response<Play>> {
    let (kind, body) = match &script.body {
        Some(body) if body.trim_start().starts_with('<') => {
            (HeaderValue::from_static("text/html"), body.clone())
        }
        Some(body) if body.starts_with("data:") => (EVENTS, body.clone()),
        Some(body) => (JSON, body.clone()),
        None => (JSON, dialect.error(status).to_string()),
    };
    let body = match script.coding {
        Some(coding) => compressed(coding, body.as_bytes())?,
        None => body.into(),
    };
    let mut response = Response::new(Play::new(play::plain(script, body), Some(ending)));
    *response.status_mut() = StatusCode::from_u16(status).map_err(io::Error::other)?;
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if let Some(after) = &script.retry_after {
        let after = HeaderValue::from_str(after).map_err(io::Error::other)?;
        response.headers_mut().insert(header::RETRY_AFTER, after);
    }
    for (name, value) in &script.headers {
        let name = HeaderName::from_str(name).map_err(io::Error::other)?;
        let value = HeaderValue::from_str(value).map_err(io::Error::other)?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// As one block that is stored as it is, with a window of 64 KiB, and an empty last one (RFC 7932, 9).
fn brotli(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() - 1).expect("a body of 1 to 65,536 bytes");
    let head = (length << 4 | 1 << 20).to_le_bytes();
    [&head[..3], body, &[3]].concat()
}

fn compressed(coding: Coding, body: &[u8]) -> io::Result<Bytes> {
    let coded = match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(vec![], Compression::default());
            encoder.write_all(body)?;
            encoder.finish()?
        }
        Coding::Deflate => {
            let mut encoder = ZlibEncoder::new(vec![], Compression::default());
            encoder.write_all(body)?;
            encoder.finish()?
        }
        Coding::Zstd => compress_to_vec(body, CompressionLevel::Fastest),
        Coding::Brotli => brotli(body),
    };
    Ok(coded.into())
}

fn success(stream: bool, play: Play) -> Response<Play> {
    let kind = if stream { EVENTS } else { JSON };
    let mut response = Response::new(play);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn respond(status: StatusCode, body: &impl serde::Serialize) -> Response<Play> {
    let body: Bytes = serde_json::to_vec(body).unwrap_or_default().into();
    let mut response = success(false, Play::new([play::Step::Write(body)], None));
    *response.status_mut() = status;
    response
}

fn seen(head: &http::request::Parts, body: Value) -> Seen {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Seen {
        path: head.uri.to_string(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body,
    }
}

/// The script wanted this end, so the client did not cancel.
fn finish(mut ending: Ending) {
    ending.finish();
}

#[cfg(test)]
mod tests {
    use super::{super::script::PREFIX, *};

    #[test]
    fn the_search_matches_the_prefix_as_json_escapes_it() {
        let escaped = serde_json::to_vec(&format!("{PREFIX}{{}}}}")).unwrap();
        let upstream = Upstream::new(Settings::default());
        assert!(upstream.script.find(&escaped).is_some());
    }
}
