use crate::RpcError;
use openclaw_core::HttpError;
use std::time::Duration;

/// Why a server's tools could not be listed or called. The texts may hold the server's own words.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum McpError {
    /// There is no connection, or it broke.
    #[error("the MCP server cannot be reached: {0}")]
    Unreachable(#[from] HttpError),
    /// It took longer than allowed.
    #[error("the MCP server did not answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The answer has more bytes than allowed.
    #[error("the MCP server's answer has more than {0} bytes")]
    TooLarge(usize),
    /// A status other than 2xx, without an error of JSON-RPC.
    #[error("the MCP server answered with status {status}: {text}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// How its body begins.
        text: String,
    },
    /// An error of JSON-RPC.
    #[error("the MCP server refused: {error}")]
    Refused {
        /// The HTTP status it came with.
        status: u16,
        /// The error.
        error: RpcError,
    },
    /// The answer is not what the protocol says.
    #[error("the MCP server's answer is wrong: {0}")]
    Protocol(String),
}

impl McpError {
    pub(crate) fn protocol(words: impl std::fmt::Display) -> Self {
        Self::Protocol(words.to_string())
    }
}
