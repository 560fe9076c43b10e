//! A tool of an MCP server.

use super::{Call, Executor, http::template_failed};
use crate::{
    request::one_line,
    secrets::SecretSet,
    template::{Renderer, Scope},
};
use ::http::{HeaderMap, HeaderName, HeaderValue};
use futures_util::FutureExt;
use openclaw_core::{BoxFuture, Code, Error, HttpError, Ports, Result};
use openclaw_egress::Egress;
use openclaw_mcp::{Client, Limits, McpError, Peer, Tool};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Bytes of an answer.
const MAX_ANSWER: usize = 1024 * 1024;

/// An MCP server over Streamable HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct McpServer {
    /// Its endpoint, as it stands: no template.
    pub url: String,
    /// Templates by name, which see `secrets`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The revision of the protocol that it spoke last; it saves a request where that is an older one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

/// `{"type": "mcp", …}`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "McpExecutor")
)]
pub struct Mcp {
    /// The server.
    #[serde(flatten)]
    pub server: McpServer,
    /// The tool's name there.
    pub tool: String,
}

impl Executor for Mcp {
    fn execute<'a>(&'a self, call: &'a Call<'a>) -> BoxFuture<'a, Result<Value>> {
        async move {
            let client = self
                .server
                .client(call.egress, call.ports, call.secrets, call.time);
            let mut client = client?;
            let result = client
                .call(&self.tool, call.parameters, Some(call.schema))
                .await
                .map_err(failed)?;
            if result.is_error {
                let message = format!("The tool failed: {}", one_line(&result.text()));
                return Err(Error::new(Code::SkillFailed, message));
            }
            Ok(result.into_value())
        }
        .boxed()
    }
}

impl McpServer {
    /// Whether a header has a secret in it.
    pub(crate) fn wants_secrets(&self) -> bool {
        let mut templates = self.headers.values();
        templates.any(|template| template.contains("secrets"))
    }

    /// Its tools, and the revision that it speaks.
    pub(crate) async fn tools(
        &self,
        egress: &Egress,
        ports: &Ports,
        secrets: &SecretSet,
        time: Duration,
    ) -> Result<(Vec<Tool>, Option<&'static str>)> {
        let mut client = self.client(egress, ports, secrets, time)?;
        let tools = client.tools().await.map_err(failed)?;
        Ok((tools, client.revision()))
    }

    fn client(
        &self,
        egress: &Egress,
        ports: &Ports,
        secrets: &SecretSet,
        time: Duration,
    ) -> Result<Client> {
        let checked = egress.policy().check(&self.url).map_err(|refused| {
            let message = format!("The MCP server's url {refused}");
            Error::new(Code::SkillFailed, message)
        })?;
        let url = checked.url.as_str().parse();
        let mut scope = Scope::new();
        scope.set("secrets", &secrets.to_json());
        scope.set("parameters", &json!({}));
        let mut renderer = Renderer::default();
        let mut headers = HeaderMap::new();
        for (name, template) in &self.headers {
            let path = format!("headers.{name}");
            let text = renderer.text(template, &scope);
            let text = text.map_err(|problem| template_failed(&path, &problem))?;
            let value = HeaderValue::from_str(&text);
            let value = value.map_err(|_| template_failed(&path, "gives what no header may be"))?;
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(Error::internal)?;
            headers.insert(name, value);
        }
        let peer = Peer {
            url: url.map_err(Error::internal)?,
            headers,
        };
        let limits = Limits {
            time,
            answer: MAX_ANSWER,
        };
        let client = Client::new(Arc::new(egress.clone()), ports, peer, limits);
        Ok(match &self.revision {
            Some(revision) => client.expecting(revision),
            None => client,
        })
    }
}

fn failed(error: McpError) -> Error {
    let code = match error {
        McpError::Timeout(_) => Code::SkillTimeout,
        McpError::TooLarge(_) => Code::PayloadTooLarge,
        _ => Code::SkillFailed,
    };
    match error {
        // Where a connection goes and why it fails is for the log.
        McpError::Unreachable(HttpError::Connect(cause) | HttpError::Broken(cause)) => {
            Error::new(code, "The MCP server cannot be reached").with_cause(cause)
        }
        McpError::Unreachable(HttpError::Special(refused)) => {
            Error::new(code, format!("The MCP server: {}", one_line(&refused)))
        }
        error => Error::new(code, capitalized(&one_line(&error.to_string()))),
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
