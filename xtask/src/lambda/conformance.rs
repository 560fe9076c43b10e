//! What the conformance suite needs on Lambda: DynamoDB, and where everything is.

use super::{DynamoDb, Tools};
use anyhow::{Context, Result};
use std::{path::PathBuf, process::Command};

/// A running DynamoDB, and what a test is told; it ends with this value.
pub(crate) struct Conformance {
    dynamodb: DynamoDb,
    python: PathBuf,
    /// The folder of the functions, unless their build failed.
    built: Option<PathBuf>,
}

impl Conformance {
    /// Starts DynamoDB in memory; the functions are in `built`.
    pub(crate) fn start(tools: &Tools, built: Option<PathBuf>) -> Result<Self> {
        Ok(Self {
            dynamodb: DynamoDb::start(tools, None).context("DynamoDB Local")?,
            python: tools.python.clone(),
            built,
        })
    }

    /// Tells a test where it is.
    pub(crate) fn give(&self, test: &mut Command) {
        test.env("OPENCLAW_DYNAMODB_URL", &self.dynamodb.url);
        test.env("OPENCLAW_LAMBDA_PYTHON", &self.python);
        if let Some(built) = &self.built {
            test.env("OPENCLAW_LAMBDA_BINARIES", built);
        }
    }
}
