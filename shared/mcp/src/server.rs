//! The server's side: what a client asks for, and the answers in the form that its revision has.
//!
//! Both kinds of revisions are served at one address, without sessions: those that begin with
//! `initialize`, and the stateless one, whose requests say in `params._meta` what they speak. What the
//! headers repeat must be what the body says.

use crate::{
    CallResult, RpcError, STATELESS, Tool, WITH_HANDSHAKE,
    message::start_of,
    param_headers,
    protocol::{
        HEADER_MISMATCH, INVALID_PARAMS, INVALID_REQUEST, META_CAPABILITIES, META_SERVER,
        META_VERSION, METHOD_HEADER, METHOD_NOT_FOUND, NAME_HEADER, PARSE_ERROR,
        UNSUPPORTED_VERSION, VERSION_HEADER,
    },
};
use http::HeaderMap;
use openclaw_schema::parse_text;
use serde_json::{Map, Value, json};

/// Tools on one page of `tools/list`.
const PAGE: usize = 100;

/// How long a client may take a list of tools for what there is, in milliseconds.
const FRESH_MS: u64 = 60_000;

/// Who we are, and what for.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// Our name.
    pub name: &'static str,
    /// Our version.
    pub version: &'static str,
    /// What a model should know of our tools.
    pub instructions: &'static str,
}

/// What a client's message wants.
#[derive(Debug)]
pub enum Message {
    /// No answer.
    Note,
    /// An answer to this.
    Request(Request),
}

/// A request to answer.
#[derive(Debug)]
pub struct Request {
    id: Value,
    is_stateless: bool,
    /// What it asks for.
    pub method: Method,
}

/// What a request asks for.
#[derive(Debug, PartialEq)]
pub enum Method {
    /// To begin, with this revision.
    Initialize {
        /// The revision that the client would like.
        revision: String,
    },
    /// Which revisions there are.
    Discover,
    /// A sign of life.
    Ping,
    /// The tools.
    ListTools {
        /// Where the last page ended.
        cursor: Option<String>,
    },
    /// A tool's result.
    CallTool {
        /// The tool's name.
        name: String,
        /// An object.
        arguments: Value,
    },
}

/// What the client gets: a status, and a message of JSON-RPC unless there is nothing to say.
#[derive(Debug, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Option<Value>,
}

impl Reply {
    /// For a message that wants no answer.
    pub const fn accepted() -> Self {
        Self {
            status: 202,
            body: None,
        }
    }

    fn error(status: u16, id: Option<&Value>, error: &RpcError) -> Self {
        let mut body = json!({"jsonrpc": "2.0", "error": error});
        if let Some(id) = id {
            body["id"] = id.clone();
        }
        Self {
            status,
            body: Some(body),
        }
    }
}

/// Reads a client's message, or says what is wrong with it.
pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Message, Reply> {
    let refused = |code, words: &str| Reply::error(400, None, &rpc_error(code, words));
    let text = parse_text(body).map_err(|error| refused(PARSE_ERROR, &error.message))?;
    let message: Value =
        serde_json::from_str(text).map_err(|error| refused(PARSE_ERROR, &error.to_string()))?;
    if message["jsonrpc"] != "2.0" {
        let words = "the body must be one message of JSON-RPC 2.0";
        return Err(refused(INVALID_REQUEST, words));
    }
    let (id, method) = match (&message["id"], &message["method"]) {
        // An answer, although nobody was asked, or a notification.
        (_, Value::Null) | (Value::Null, Value::String(_)) => return Ok(Message::Note),
        (id, Value::String(method)) if id.is_string() || id.is_i64() || id.is_u64() => (id, method),
        _ => {
            let words = "method must be a string, id a string or a whole number";
            return Err(refused(INVALID_REQUEST, words));
        }
    };
    let empty = Value::Object(Map::new());
    let params = match &message["params"] {
        Value::Null => &empty,
        params => params,
    };
    let is_stateless = speaks_stateless(headers, params);
    let refuse =
        |error: RpcError| Reply::error(status_of(error.code, is_stateless), Some(id), &error);
    if is_stateless {
        check_stateless(headers, method, params).map_err(refuse)?;
    }
    let method = Method::read(method, params, is_stateless).map_err(refuse)?;
    Ok(Message::Request(Request {
        id: id.clone(),
        is_stateless,
        method,
    }))
}

impl Method {
    fn read(method: &str, params: &Value, is_stateless: bool) -> Result<Self, RpcError> {
        let text = |name: &str| {
            let text = params[name].as_str().map(str::to_owned);
            let words = || format!("params.{name} must be a string");
            text.ok_or_else(|| rpc_error(INVALID_PARAMS, &words()))
        };
        Ok(match method {
            "initialize" if !is_stateless => Self::Initialize {
                revision: text("protocolVersion")?,
            },
            "server/discover" if is_stateless => Self::Discover,
            "ping" => Self::Ping,
            "tools/list" => Self::ListTools {
                cursor: match params["cursor"] {
                    Value::Null => None,
                    _ => Some(text("cursor")?),
                },
            },
            "tools/call" => Self::CallTool {
                name: text("name")?,
                arguments: match &params["arguments"] {
                    Value::Null => json!({}),
                    arguments @ Value::Object(_) => arguments.clone(),
                    _ => {
                        let words = "params.arguments must be an object";
                        return Err(rpc_error(INVALID_PARAMS, words));
                    }
                },
            },
            _ => {
                let words = format!("there is no method '{}'", start_of(method));
                return Err(rpc_error(METHOD_NOT_FOUND, &words));
            }
        })
    }
}

impl Request {
    /// The answer to `initialize`, `server/discover` and `ping`; the other methods have their own.
    pub fn introduce(&self, identity: &Identity) -> Reply {
        let Identity {
            name,
            version,
            instructions,
        } = identity;
        let capabilities = json!({"tools": {}});
        let result = match &self.method {
            Method::Initialize { revision } => {
                let mut revisions = WITH_HANDSHAKE.into_iter();
                let revision = revisions.find(|known| known == revision);
                json!({
                    "protocolVersion": revision.unwrap_or(WITH_HANDSHAKE[0]),
                    "capabilities": capabilities,
                    "serverInfo": {"name": name, "version": version},
                    "instructions": instructions,
                })
            }
            Method::Discover => json!({
                "supportedVersions": supported(),
                "capabilities": capabilities,
                "instructions": instructions,
                "ttlMs": FRESH_MS,
                "cacheScope": "private",
            }),
            _ => json!({}),
        };
        self.result(result, identity)
    }

    /// A page of `tools`, in the order of their names.
    pub fn list(&self, mut tools: Vec<Tool>, identity: &Identity) -> Reply {
        tools.sort_by(|one, other| one.name.cmp(&other.name));
        if let Method::ListTools {
            cursor: Some(cursor),
        } = &self.method
        {
            tools.retain(|tool| tool.name > *cursor);
        }
        let has_more = tools.len() > PAGE;
        tools.truncate(PAGE);
        let mut result = json!({"tools": tools});
        if let Some(last) = tools.last().filter(|_| has_more) {
            result["nextCursor"] = last.name.clone().into();
        }
        if self.is_stateless {
            result["ttlMs"] = FRESH_MS.into();
            result["cacheScope"] = "private".into();
        }
        self.result(result, identity)
    }

    /// What a tool gave, or the words that say why it failed: a model that reads them may do better.
    pub fn called(&self, outcome: Result<Value, String>, identity: &Identity) -> Reply {
        let text = |text: String| vec![json!({"type": "text", "text": text})];
        let result = match outcome {
            Ok(Value::String(plain)) => CallResult {
                content: text(plain),
                ..CallResult::default()
            },
            Ok(value) => CallResult {
                content: text(value.to_string()),
                // Before the stateless revision it had to be an object.
                structured_content: Some(value)
                    .filter(|value| self.is_stateless || value.is_object()),
                is_error: false,
            },
            Err(words) => CallResult {
                content: text(words),
                structured_content: None,
                is_error: true,
            },
        };
        self.result(json!(result), identity)
    }

    /// There is no tool of that name.
    pub fn no_tool(&self, name: &str) -> Reply {
        let words = format!("there is no tool '{}'", start_of(name));
        self.refuse(INVALID_PARAMS, &words)
    }

    /// Refuses a call whose headers repeat other arguments than it has, where the tool's `schema` wants
    /// them repeated.
    pub fn check_arguments(&self, headers: &HeaderMap, schema: &Value) -> Result<(), Reply> {
        let Method::CallTool { arguments, .. } = &self.method else {
            return Ok(());
        };
        if !self.is_stateless {
            return Ok(());
        }
        for (name, expected) in param_headers::of(schema, arguments) {
            let said = headers.get(&name).and_then(param_headers::decode);
            if said != param_headers::decode(&expected) {
                let words = format!("the header {name} does not repeat the argument");
                return Err(self.refuse(HEADER_MISMATCH, &words));
            }
        }
        Ok(())
    }

    fn refuse(&self, code: i64, words: &str) -> Reply {
        let status = status_of(code, self.is_stateless);
        Reply::error(status, Some(&self.id), &rpc_error(code, words))
    }

    fn result(&self, mut result: Value, identity: &Identity) -> Reply {
        if self.is_stateless {
            let Identity { name, version, .. } = identity;
            result["resultType"] = "complete".into();
            result["_meta"] = json!({META_SERVER: {"name": name, "version": version}});
        }
        Reply {
            status: 200,
            body: Some(json!({"jsonrpc": "2.0", "id": self.id, "result": result})),
        }
    }
}

/// The revisions that are spoken here, newest first.
fn supported() -> Vec<&'static str> {
    std::iter::once(STATELESS).chain(WITH_HANDSHAKE).collect()
}

/// Whether a request is one of the stateless revision, or of one that is not known: those say so in the
/// body, or at least in the header.
fn speaks_stateless(headers: &HeaderMap, params: &Value) -> bool {
    let version = headers.get(VERSION_HEADER);
    let has_handshake = version.is_none_or(|version| {
        // The revision before those that are known is what a client may send until it knows better.
        let known = WITH_HANDSHAKE.into_iter().chain(["2025-03-26"]);
        known.into_iter().any(|known| version == known)
    });
    !has_handshake || !params["_meta"][META_VERSION].is_null()
}

fn check_stateless(headers: &HeaderMap, method: &str, params: &Value) -> Result<(), RpcError> {
    let meta = &params["_meta"];
    let header = |name: &str| headers.get(name).and_then(param_headers::decode);
    let mismatch = |name: &str, field: &str| {
        let words = format!("the header {name} does not repeat {field}");
        rpc_error(HEADER_MISMATCH, &words)
    };
    let Some(version) = header(VERSION_HEADER) else {
        return Err(mismatch(VERSION_HEADER, "the revision in params._meta"));
    };
    if meta[META_VERSION]
        .as_str()
        .is_some_and(|told| told != version)
    {
        return Err(mismatch(VERSION_HEADER, "the revision in params._meta"));
    }
    if version != STATELESS {
        return Err(RpcError {
            data: json!({"supported": supported(), "requested": start_of(&version)}),
            ..rpc_error(UNSUPPORTED_VERSION, "the protocol version is not supported")
        });
    }
    for (name, is_there) in [
        (META_VERSION, meta[META_VERSION].is_string()),
        (META_CAPABILITIES, meta[META_CAPABILITIES].is_object()),
    ] {
        if !is_there {
            let words = format!("params._meta['{name}'] is missing");
            return Err(rpc_error(INVALID_PARAMS, &words));
        }
    }
    if header(METHOD_HEADER).as_deref() != Some(method) {
        return Err(mismatch(METHOD_HEADER, "the method"));
    }
    if method == "tools/call" && header(NAME_HEADER).as_deref() != params["name"].as_str() {
        return Err(mismatch(NAME_HEADER, "params.name"));
    }
    Ok(())
}

/// The status for an error. Clients of the revisions with a handshake read an error of JSON-RPC only in an
/// answer with a status of 2xx.
const fn status_of(code: i64, is_stateless: bool) -> u16 {
    match code {
        METHOD_NOT_FOUND if is_stateless => 404,
        _ if is_stateless => 400,
        _ => 200,
    }
}

fn rpc_error(code: i64, words: &str) -> RpcError {
    RpcError {
        code,
        message: words.into(),
        data: Value::Null,
    }
}
