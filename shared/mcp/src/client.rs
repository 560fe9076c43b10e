//! The client.

mod exchange;

use crate::{
    CallResult, McpError, Tool, param_headers,
    protocol::{
        HEADER_MISMATCH, INVALID_REQUEST, META_CAPABILITIES, META_CLIENT, META_VERSION,
        METHOD_HEADER, METHOD_NOT_FOUND, MISSING_CAPABILITY, NAME_HEADER, SESSION_HEADER,
        STATELESS, UNSUPPORTED_VERSION, VERSION_HEADER, WITH_HANDSHAKE,
    },
};
use exchange::{Exchange, send};
use futures_util::future::{Either, select};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use openclaw_core::{Clock, Http, Ports, Spawn};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{pin::pin, sync::Arc, time::Duration};

/// The most pages of `tools/list` that are read.
const MAX_PAGES: usize = 50;

/// The most tools of one server.
const MAX_TOOLS: usize = 500;

/// How long a server is told that nobody waits any more.
const FAREWELL: Duration = Duration::from_secs(5);

/// A server, and what each request to it carries.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its MCP endpoint.
    pub url: Uri,
    /// Headers of ours, such as `authorization`. Those of the protocol replace others of the same name.
    pub headers: HeaderMap,
}

/// How much a server may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of each of [`Client::tools`] and [`Client::call`], handshake included.
    pub time: Duration,
    /// Bytes of one answer.
    pub answer: usize,
}

/// A conversation with one server over Streamable HTTP.
///
/// Which revision the server speaks is found out by the first request, and kept. Dropped, it cancels
/// what runs, and ends its session where it has one.
pub struct Client {
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    spawn: Arc<dyn Spawn>,
    peer: Peer,
    limits: Limits,
    era: Era,
    /// The id of the last request.
    last_id: u64,
    /// Whether its answer has not come yet.
    is_waiting: bool,
}

/// What is known of the server.
enum Era {
    Unknown,
    Stateless,
    /// It wants a handshake before anything else; `None` before that.
    Handshake(Option<Session>),
}

/// What a handshake agreed on.
#[derive(Clone, Debug)]
struct Session {
    revision: &'static str,
    id: Option<HeaderValue>,
}

/// A request before it has an id.
struct Request<'a> {
    method: &'static str,
    params: Map<String, Value>,
    /// The name of the tool that it is about.
    name: Option<&'a str>,
    /// Arguments that are repeated in headers.
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Client {
    /// For `peer`, over `http`, which decides where requests may go.
    pub fn new(http: Arc<dyn Http>, ports: &Ports, peer: Peer, limits: Limits) -> Self {
        Self {
            http,
            clock: ports.clock.clone(),
            spawn: ports.spawn.clone(),
            peer,
            limits,
            era: Era::Unknown,
            last_id: 0,
            is_waiting: false,
        }
    }

    /// Starts with the revision that [`Client::revision`] told earlier: it saves a request to a server
    /// that wants a handshake. Where the server speaks another one by now, that is found out.
    #[must_use]
    pub fn expecting(mut self, revision: &str) -> Self {
        if WITH_HANDSHAKE.contains(&revision) {
            self.era = Era::Handshake(None);
        }
        self
    }

    /// The revision that the server speaks; `None` before its first answer.
    pub fn revision(&self) -> Option<&'static str> {
        match &self.era {
            Era::Stateless => Some(STATELESS),
            Era::Handshake(Some(session)) => Some(session.revision),
            Era::Unknown | Era::Handshake(None) => None,
        }
    }

    /// The server's tools, of all pages. Those whose schema breaks the transport's rules are left out.
    pub async fn tools(&mut self) -> Result<Vec<Tool>, McpError> {
        let (time, timer) = (self.limits.time, self.clock.sleep(self.limits.time));
        match select(pin!(self.read_tools()), timer).await {
            Either::Left((tools, _)) => tools,
            Either::Right(_) => Err(McpError::Timeout(time)),
        }
    }

    /// Calls a tool; `schema` is its input schema, where that is known. A tool that fails is an answer
    /// ([`CallResult::is_error`]).
    pub async fn call(
        &mut self,
        name: &str,
        arguments: &Value,
        schema: Option<&Value>,
    ) -> Result<CallResult, McpError> {
        let params = Map::from_iter([
            ("name".into(), name.into()),
            ("arguments".into(), arguments.clone()),
        ]);
        let request = Request {
            method: "tools/call",
            params,
            name: Some(name),
            headers: schema.map_or(vec![], |schema| param_headers::of(schema, arguments)),
        };
        let (time, timer) = (self.limits.time, self.clock.sleep(self.limits.time));
        match select(pin!(self.request(&request)), timer).await {
            Either::Left((result, _)) => {
                serde_json::from_value(result?).map_err(McpError::protocol)
            }
            Either::Right(_) => Err(McpError::Timeout(time)),
        }
    }

    async fn read_tools(&mut self) -> Result<Vec<Tool>, McpError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            tools: Vec<Tool>,
            next_cursor: Option<String>,
        }
        let (mut tools, mut cursor) = (vec![], None);
        for _ in 0..MAX_PAGES {
            let params = cursor.map(|cursor: String| ("cursor".into(), cursor.into()));
            let request = Request {
                method: "tools/list",
                params: Map::from_iter(params),
                name: None,
                headers: vec![],
            };
            let page = self.request(&request).await?;
            let page: Page = serde_json::from_value(page).map_err(McpError::protocol)?;
            tools.extend(page.tools.into_iter().filter(is_usable));
            if tools.len() > MAX_TOOLS {
                let words = format!("it has more than {MAX_TOOLS} tools");
                return Err(McpError::Protocol(words));
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(tools);
            }
        }
        let words = format!("its tools have more than {MAX_PAGES} pages");
        Err(McpError::Protocol(words))
    }

    /// The result of a request, whichever revision the server speaks.
    async fn request(&mut self, request: &Request<'_>) -> Result<Value, McpError> {
        match self.era {
            Era::Stateless => self.ask_stateless(request).await,
            Era::Unknown => {
                let error = match self.ask_stateless(request).await {
                    Ok(result) => {
                        self.era = Era::Stateless;
                        return Ok(result);
                    }
                    Err(error) => error,
                };
                if !wants_handshake(&error) {
                    return Err(error);
                }
                match self.shake_hands().await {
                    Ok(()) => self.ask_in_session(request).await,
                    // The first answer says more of a server that knows no handshake either.
                    Err(McpError::Status { .. } | McpError::Refused { .. }) => Err(error),
                    Err(error) => Err(error),
                }
            }
            Era::Handshake(None) => match self.shake_hands().await {
                Ok(()) => self.ask_in_session(request).await,
                Err(McpError::Status { .. } | McpError::Refused { .. }) => {
                    let result = self.ask_stateless(request).await?;
                    self.era = Era::Stateless;
                    Ok(result)
                }
                Err(error) => Err(error),
            },
            Era::Handshake(Some(_)) => match self.ask_in_session(request).await {
                // The server has forgotten the session.
                Err(
                    McpError::Status { status: 404, .. } | McpError::Refused { status: 404, .. },
                ) => {
                    self.shake_hands().await?;
                    self.ask_in_session(request).await
                }
                asked => asked,
            },
        }
    }

    /// Asks as the stateless revision has it.
    async fn ask_stateless(&mut self, request: &Request<'_>) -> Result<Value, McpError> {
        let mut params = request.params.clone();
        params.insert(
            "_meta".into(),
            json!({
                META_VERSION: STATELESS,
                META_CLIENT: ourselves(),
                META_CAPABILITIES: {},
            }),
        );
        let mut headers = headers_of(STATELESS);
        headers.insert(METHOD_HEADER, HeaderValue::from_static(request.method));
        if let Some(name) = request.name {
            headers.insert(NAME_HEADER, param_headers::encode(name));
        }
        headers.extend(request.headers.iter().cloned());
        let answer = self.ask(request.method, params, headers).await?;
        match &answer.result["resultType"] {
            Value::Null => Ok(answer.result),
            Value::String(kind) if kind == "complete" => Ok(answer.result),
            Value::String(kind) if kind == "input_required" => Err(McpError::protocol(
                "it asks for more input, which nobody is there to give",
            )),
            _ => Err(McpError::protocol("its resultType is unknown")),
        }
    }

    /// Asks within the session that a handshake began.
    async fn ask_in_session(&mut self, request: &Request<'_>) -> Result<Value, McpError> {
        let headers = self.session_headers();
        let answer = self.ask(request.method, request.params.clone(), headers);
        Ok(answer.await?.result)
    }

    /// `initialize`, and the note that it has been read.
    async fn shake_hands(&mut self) -> Result<(), McpError> {
        self.era = Era::Handshake(None);
        let params = json!({
            "protocolVersion": WITH_HANDSHAKE[0],
            "capabilities": {},
            "clientInfo": ourselves(),
        });
        let Value::Object(params) = params else {
            return Err(McpError::protocol("no parameters"));
        };
        let answer = self.ask("initialize", params, HeaderMap::new()).await?;
        let told = answer.result["protocolVersion"]
            .as_str()
            .unwrap_or_default();
        let known = WITH_HANDSHAKE
            .into_iter()
            .find(|revision| *revision == told);
        let revision = known.ok_or_else(|| {
            McpError::Protocol(format!(
                "it speaks revision '{}': known are {STATELESS}, {}",
                crate::message::start_of(told),
                WITH_HANDSHAKE.join(", ")
            ))
        })?;
        let id = answer.session;
        self.era = Era::Handshake(Some(Session { revision, id }));
        let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let exchange = self.exchange(Method::POST, self.session_headers(), note);
        send(exchange, None).await.map(drop)
    }

    /// Sends a request under a new id and reads its answer.
    async fn ask(
        &mut self,
        method: &str,
        params: Map<String, Value>,
        headers: HeaderMap,
    ) -> Result<exchange::Answer, McpError> {
        self.last_id += 1;
        let message =
            json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params});
        let exchange = self.exchange(Method::POST, headers, message);
        self.is_waiting = true;
        let answer = send(exchange, Some(self.last_id)).await;
        self.is_waiting = false;
        answer
    }

    fn exchange(&self, method: Method, headers: HeaderMap, message: Value) -> Exchange {
        let mut all = self.peer.headers.clone();
        for (name, value) in &headers {
            all.insert(name, value.clone());
        }
        Exchange {
            http: self.http.clone(),
            clock: self.clock.clone(),
            in_session: matches!(self.era, Era::Handshake(Some(_))),
            method,
            url: self.peer.url.clone(),
            headers: all,
            message,
            most: self.limits.answer,
        }
    }

    fn session_headers(&self) -> HeaderMap {
        match &self.era {
            Era::Handshake(Some(session)) => {
                let mut headers = headers_of(session.revision);
                if let Some(id) = &session.id {
                    headers.insert(SESSION_HEADER, id.clone());
                }
                headers
            }
            _ => HeaderMap::new(),
        }
    }
}

/// Where a connection that breaks says nothing to the server, it is told: what runs shall stop, and the
/// session is over. A stateless server takes the broken connection for that.
impl Drop for Client {
    fn drop(&mut self) {
        let Era::Handshake(Some(session)) = &self.era else {
            return;
        };
        let headers = self.session_headers();
        let cancelled = self.is_waiting.then(|| {
            let params = json!({"requestId": self.last_id, "reason": "nobody waits any more"});
            let note = json!({
                "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params,
            });
            self.exchange(Method::POST, headers.clone(), note)
        });
        let ended = session.id.is_some();
        let ended = ended.then(|| self.exchange(Method::DELETE, headers, Value::Null));
        let timer = self.clock.sleep(FAREWELL);
        self.spawn.spawn(Box::pin(async move {
            let farewell = async {
                for exchange in [cancelled, ended].into_iter().flatten() {
                    if let Err(error) = send(exchange, None).await {
                        tracing::debug!(%error, "an MCP server was not told that nobody waits");
                    }
                }
            };
            select(pin!(farewell), timer).await;
        }));
    }
}

/// Whether the answer to a stateless request comes from a server that wants a handshake first. One that
/// speaks the stateless revision has errors of its own.
fn wants_handshake(error: &McpError) -> bool {
    match error {
        McpError::Status { status, .. } => matches!(status, 400 | 404 | 405 | 406 | 422),
        McpError::Refused { status, error } => match error.code {
            HEADER_MISMATCH | MISSING_CAPABILITY => false,
            UNSUPPORTED_VERSION => {
                let supported = error.data["supported"].as_array();
                let mut supported = supported.into_iter().flatten();
                supported.any(|version| WITH_HANDSHAKE.iter().any(|known| version == known))
            }
            // Servers of earlier revisions answer other codes with 400, or with 200.
            METHOD_NOT_FOUND => *status != 404,
            INVALID_REQUEST => true,
            code => *status == 400 || (-32019..=-32000).contains(&code),
        },
        _ => false,
    }
}

fn is_usable(tool: &Tool) -> bool {
    let fault = param_headers::fault(&tool.input_schema);
    if let Some(fault) = &fault {
        tracing::warn!(
            tool = tool.name,
            fault,
            "a tool of an MCP server is left out"
        );
    }
    fault.is_none()
}

fn headers_of(revision: &'static str) -> HeaderMap {
    let version = HeaderName::from_static(VERSION_HEADER);
    HeaderMap::from_iter([(version, HeaderValue::from_static(revision))])
}

fn ourselves() -> Value {
    json!({"name": "openclaw-api", "version": env!("CARGO_PKG_VERSION")})
}
