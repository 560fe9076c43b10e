//! What the conformance suite needs on Lambda: DynamoDB, and where everything is.

use super::{DynamoDb, Tools};
use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A running DynamoDB, and what a test is told; it ends with this value.
pub(crate) struct Conformance {
    dynamodb: DynamoDb,
    python: PathBuf,
    /// The folder of the functions' binaries, unless they could not be built.
    binaries: Option<PathBuf>,
}

impl Conformance {
    /// Starts DynamoDB in memory; `functions` are the binaries by name.
    pub(crate) fn start(tools: &Tools, functions: &Map<String, Value>) -> Result<Self> {
        let first = functions.values().next().and_then(Value::as_str);
        let folder = first.and_then(|path| Path::new(path).parent());
        Ok(Self {
            dynamodb: DynamoDb::start(tools, None).context("DynamoDB Local")?,
            python: tools.python.clone(),
            binaries: folder.map(Path::to_path_buf),
        })
    }

    /// Tells a test where it is.
    pub(crate) fn give(&self, test: &mut Command) {
        test.env("OPENCLAW_DYNAMODB_URL", &self.dynamodb.url);
        test.env("OPENCLAW_LAMBDA_PYTHON", &self.python);
        if let Some(binaries) = &self.binaries {
            test.env("OPENCLAW_LAMBDA_BINARIES", binaries);
        }
    }
}
