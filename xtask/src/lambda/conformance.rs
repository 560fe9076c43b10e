//! What the conformance suite needs on Lambda: DynamoDB, S3, and where everything is.

use super::{DynamoDb, MiniStack, Tools};
use crate::cargo;
use anyhow::{Context, Result};
use std::{fs, path::PathBuf, process::Command};

/// A running DynamoDB and S3, and what a test is told; it ends with this value.
pub(crate) struct Conformance {
    dynamodb: DynamoDb,
    s3: MiniStack,
    python: PathBuf,
    /// The folder of the functions, unless their build failed.
    built: Option<PathBuf>,
}

impl Conformance {
    /// Starts DynamoDB in memory, and S3; the functions are in `built`.
    pub(crate) fn start(tools: &Tools, built: Option<PathBuf>) -> Result<Self> {
        let files = cargo::root().join("target/aws/s3");
        let _ = fs::remove_dir_all(&files);
        Ok(Self {
            dynamodb: DynamoDb::start(tools, None).context("DynamoDB Local")?,
            s3: MiniStack::s3(tools, &files).context("MiniStack")?,
            python: tools.python.clone(),
            built,
        })
    }

    /// Tells a test where it is.
    pub(crate) fn give(&self, test: &mut Command) {
        test.env("OPENCLAW_DYNAMODB_URL", &self.dynamodb.url);
        test.env("OPENCLAW_S3_URL", &self.s3.url);
        test.env("OPENCLAW_LAMBDA_PYTHON", &self.python);
        if let Some(built) = &self.built {
            test.env("OPENCLAW_LAMBDA_BINARIES", built);
        }
    }
}
