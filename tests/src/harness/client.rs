//! A small client that holds every answer to the contract's conventions.

use super::{
    api::{Api, Asked},
    expect, secrets,
    stream::{Stream, Transcript},
};
use bytes::Bytes;
use http::HeaderMap;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

/// Whose credentials a client sends.
#[derive(Clone, Debug)]
enum Caller {
    Nobody,
    Operator(String),
    /// With a key or token: its answers carry rate-limit headers.
    Account(String),
}

/// Sends requests to one gateway as one caller. Every answer must carry a request id, and every
/// authenticated one rate-limit headers.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    caller: Caller,
}

impl Client {
    /// Without credentials.
    pub fn new(base_url: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        Self {
            http: http.build().expect("a client"),
            base_url: base_url.into(),
            caller: Caller::Nobody,
        }
    }

    /// With the operator's token.
    #[must_use]
    pub fn operator(self, token: &str) -> Self {
        secrets::note(token);
        let caller = Caller::Operator(token.into());
        Self { caller, ..self }
    }

    /// With a key or a JWT.
    #[must_use]
    pub fn with(&self, credential: &str) -> Self {
        if !credential.is_empty() {
            secrets::note(credential);
        }
        let caller = Caller::Account(credential.into());
        Self {
            caller,
            ..self.clone()
        }
    }

    /// The same caller where the gateway may answer before it looks who calls (no such route):
    /// rate-limit headers are not asked for.
    #[must_use]
    pub fn unlimited(&self) -> Self {
        let caller = match &self.caller {
            Caller::Account(credential) => Caller::Operator(credential.clone()),
            other => other.clone(),
        };
        Self {
            caller,
            ..self.clone()
        }
    }

    /// The gateway's address, without a path.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The credential, where there is one.
    pub(super) fn credential(&self) -> Option<&str> {
        match &self.caller {
            Caller::Nobody => None,
            Caller::Operator(token) | Caller::Account(token) => Some(token),
        }
    }

    /// A request to complete by hand, credentials on it.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self
            .http
            .request(method, format!("{}{path}", self.base_url));
        match self.credential() {
            None => request,
            Some(credential) => request.bearer_auth(credential),
        }
    }

    /// Sends such a request and reads the whole answer.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let (asked, response) = self.answer(request).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.expect("a whole body");
        // Streams show no secret.
        if body.len() < 100_000 {
            secrets::note_shown(&String::from_utf8_lossy(&body));
        }
        Api::get().check(&asked, status, &headers, &body);
        Reply {
            status,
            headers,
            body,
        }
    }

    /// Sends it: what was asked, and the answer's head.
    async fn answer(&self, request: RequestBuilder) -> (Asked, Response) {
        let (client, request) = request.build_split();
        let request = request.expect("a request");
        let asked = Asked::of(&request);
        let response = client.execute(request).await.expect("an answer");
        self.check(&response);
        (asked, response)
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request("GET", path)).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request("POST", path).json(body)).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request("PATCH", path).json(body)).await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request("PUT", path).json(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(self.request("DELETE", path)).await
    }

    /// `POST /v1/chat/completions`.
    pub async fn chat(&self, body: &Value) -> Reply {
        self.post("/v1/chat/completions", body).await
    }

    /// Sends such a request, which must be answered with a stream.
    pub async fn open(&self, request: RequestBuilder) -> Stream {
        let (asked, response) = self.answer(request).await;
        Stream::new(asked, response).await
    }

    /// `POST` that must be answered with a stream.
    pub async fn stream(&self, path: &str, body: &Value) -> Stream {
        self.open(self.request("POST", path).json(body)).await
    }

    /// `POST /v1/chat/completions` with `stream: true`, read to its end.
    pub async fn stream_openai(&self, body: &Value) -> Transcript {
        self.open_openai(body).await.read().await
    }

    /// `POST /v1/chat/completions` with `stream: true`.
    pub async fn open_openai(&self, body: &Value) -> Stream {
        let mut body = body.clone();
        body["stream"] = true.into();
        self.stream("/v1/chat/completions", &body).await
    }

    /// `POST /v1/chat/completions/stream`, read to its end.
    pub async fn stream_seed(&self, body: &Value) -> Transcript {
        self.open_seed(body).await.read().await
    }

    /// `POST /v1/chat/completions/stream`.
    pub async fn open_seed(&self, body: &Value) -> Stream {
        self.stream("/v1/chat/completions/stream", body).await
    }

    /// What the contract promises about every answer.
    fn check(&self, response: &Response) {
        expect::request_id(response.headers());
        let refused = response.status() == 401;
        if matches!(self.caller, Caller::Account(_)) && !refused {
            expect::rate_limit_headers(response.status().as_u16(), response.headers());
        }
    }
}

/// An answer that was read.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, whatever the status.
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(json) => json,
            Err(error) => panic!("{}: not JSON ({error}): {}", self.status, self.text()),
        }
    }

    /// The body of a 200.
    pub fn ok(&self) -> Value {
        self.succeeds(200)
    }

    /// The body of this success.
    pub fn succeeds(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }
}
