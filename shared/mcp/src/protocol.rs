//! Words of the protocol that both sides use.

/// The revision without a handshake: each request says which revision it speaks.
pub const STATELESS: &str = "2026-07-28";

/// Revisions that begin with `initialize`, newest first.
pub const WITH_HANDSHAKE: [&str; 2] = ["2025-11-25", "2025-06-18"];

/// The header with the revision.
pub(crate) const VERSION_HEADER: &str = "mcp-protocol-version";
/// The header that repeats a request's method.
pub(crate) const METHOD_HEADER: &str = "mcp-method";
/// The header that repeats the name of the tool.
pub(crate) const NAME_HEADER: &str = "mcp-name";
/// The header with the id of a session.
pub(crate) const SESSION_HEADER: &str = "mcp-session-id";
/// How the names of headers begin that repeat a tool's argument.
pub(crate) const PARAM_HEADER: &str = "mcp-param-";

/// In `params._meta`: the revision.
pub(crate) const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// In `params._meta`: who asks.
pub(crate) const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";
/// In `params._meta`: what the client can do for the server.
pub(crate) const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// In a result's `_meta`: who answers.
pub(crate) const META_SERVER: &str = "io.modelcontextprotocol/serverInfo";

/// JSON-RPC: not JSON.
pub(crate) const PARSE_ERROR: i64 = -32700;
/// JSON-RPC: not a request.
pub(crate) const INVALID_REQUEST: i64 = -32600;
/// JSON-RPC: no such method.
pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
/// JSON-RPC: parameters of a method are wrong.
pub(crate) const INVALID_PARAMS: i64 = -32602;
/// A header does not say what the body says.
pub(crate) const HEADER_MISMATCH: i64 = -32020;
/// The client cannot do what the request needs.
pub(crate) const MISSING_CAPABILITY: i64 = -32021;
/// The revision is none that the server speaks.
pub(crate) const UNSUPPORTED_VERSION: i64 = -32022;
