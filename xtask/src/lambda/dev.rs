//! All functions on this machine, behind what Lambda and API Gateway are (`openclaw-lambda-local`), with
//! their tables in DynamoDB Local, their files in MiniStack's S3.

use super::{DynamoDb, FUNCTIONS, MiniStack, Tools, build, dynamodb::CREDENTIALS};
use crate::{
    cargo,
    deploy::{ADMIN_TOKEN, Document, Secrets},
    gateway::{Local, write_private},
    http, process,
    process::Service,
};
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// The tables' names on this machine.
const TABLES: [(&str, &str); 2] = [("kv", "openclaw-kv"), ("ledger", "openclaw-ledger")];

/// The bucket's name.
const BUCKET: &str = "openclaw-blobs";

/// The functions on loopback.
pub(crate) struct Dev {
    runner: PathBuf,
    functions: Map<String, Value>,
    tools: Tools,
    dynamodb: DynamoDb,
    s3: MiniStack,
    port: u16,
    own: PathBuf,
}

impl Dev {
    /// Builds the functions and starts their DynamoDB and S3, with its files in `data`.
    pub(crate) fn prepare(port: u16, data: &Path, own: PathBuf) -> Result<Self> {
        let tools = Tools::install()?;
        let runner = "openclaw-lambda-local";
        Ok(Self {
            runner: cargo::binary("openclaw-conformance", runner, cargo::PROFILE)?,
            functions: functions()?,
            dynamodb: DynamoDb::start(&tools, Some(data))?,
            s3: MiniStack::s3(&tools, data)?,
            tools,
            port,
            own,
        })
    }

    /// The gateway's own secrets, made once, and the providers' keys that our environment has.
    fn secrets(&self, document: Option<&Document>) -> Result<Vec<(String, String)>> {
        let file = self.own.join("secrets.env");
        let secrets = Secrets::new(Some(file), None, document)?;
        Ok(Vec::from_iter(secrets.to_upload(|_| vec![false])?))
    }

    fn environment(&self, document: &Document) -> Result<Map<String, Value>> {
        let mut environment = Vec::from_iter(self.secrets(Some(document))?);
        let level = env::var("OPENCLAW_LOG").ok();
        environment.extend(level.map(|level| ("OPENCLAW_LOG".into(), level)));
        let own = [
            ("AWS_ENDPOINT_URL_DYNAMODB", &*self.dynamodb.url),
            ("AWS_ENDPOINT_URL_S3", &*self.s3.url),
            ("OPENCLAW_BLOBS_BUCKET", BUCKET),
            ("OPENCLAW_KV_TABLE", TABLES[0].1),
            ("OPENCLAW_LEDGER_TABLE", TABLES[1].1),
        ];
        let own = own.into_iter().chain(CREDENTIALS);
        environment.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let pairs = environment.into_iter();
        Ok(pairs.map(|(name, value)| (name, value.into())).collect())
    }

    /// Makes the tables and the bucket where they are missing, and puts the configuration.
    fn put(&self, document: &Document) -> Result<()> {
        let names = TABLES.map(|(table, name)| format!("{table}={name}"));
        let mut create = self.tools.tables();
        create.args(["create", &self.dynamodb.url]).args(names);
        process::capture(&mut create)?;
        let mut bucket = self.tools.tables();
        process::capture(bucket.args(["create-bucket", &self.s3.url, BUCKET]))?;
        let mut put = self.tools.tables();
        put.args(["put-config", TABLES[0].1, &self.dynamodb.url]);
        let said = process::output(&mut put, &document.json())?;
        if !said.status.success() {
            bail!("the configuration cannot be put: {}", said.stderr.trim());
        }
        Ok(())
    }
}

/// The functions' binaries by name.
fn functions() -> Result<Map<String, Value>> {
    let built = build::for_this_machine()?;
    let binary = |name| (str::to_owned(name), json!(build::binary(&built, name)));
    Ok(FUNCTIONS.into_iter().map(binary).collect())
}

impl Local for Dev {
    fn port(&self) -> u16 {
        self.port
    }

    fn own(&self) -> &Path {
        &self.own
    }

    fn admin_token(&self) -> Result<String> {
        let mut secrets = self.secrets(None)?.into_iter();
        let token = secrets.find(|(name, _)| name == ADMIN_TOKEN);
        Ok(token.context("no operator's token")?.1)
    }

    /// The functions themselves say it, once they run.
    fn check_config(&self, _: &Path) -> Result<()> {
        Ok(())
    }

    fn start(&self, config: &str, echo: bool) -> Result<Service> {
        let file = self.own.join("openclaw.toml");
        write_private(&file, config)?;
        let document = Document::read(&file)?;
        self.put(&document)?;
        let settings = json!({
            "port": self.port,
            "functions": self.functions,
            "environment": self.environment(&document)?,
            "copies": 50,
            "streams": self.dynamodb.url,
        });
        let file = self.own.join("lambda.json");
        write_private(&file, &settings.to_string())?;
        let mut runner = Command::new(&self.runner);
        let grace = Duration::from_secs(10);
        let mut service = Service::start("lambda", runner.arg(&file), echo, grace)?;
        let ready = format!("{}/v1/health/ready", self.address());
        service.wait_for(Duration::from_secs(60), |_| http::get(&ready, None).ok())?;
        // The copies have it; a file with secrets is not left behind.
        fs::remove_file(file)?;
        Ok(service)
    }
}
