//! AWS Lambda: the functions' release binaries behind [`crate::lambda`], tables in DynamoDB Local, files in
//! MiniStack's S3.

use super::{config, server::Options};
use crate::lambda::Settings;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What the runner prints once it takes requests.
pub(super) const READY: &str = "listening on http://";
/// Region and secret: DynamoDB Local takes any.
const LOCAL: &str = "local";
/// The functions.
const FUNCTIONS: [&str; 14] = [
    "admin",
    "analytics",
    "auth",
    "chat",
    "extract",
    "files",
    "health",
    "inference",
    "jobs",
    "models",
    "realtime",
    "skills",
    "webhooks",
    "workflows",
];
/// Copies of one function, what comes beyond waits: those of the WebSocket work as long as their sessions do.
const COPIES: usize = 200;

pub(super) fn command(options: &Options, folder: &Path, port: u16) -> Result<Command, String> {
    let data = options.data.clone().unwrap_or_else(|| folder.join("data"));
    let real = text("OPENCLAW_DYNAMODB_URL")?;
    let [kv, ledger] = tables(&data);
    let key = hash(&data);
    let (s3, bucket) = (text("OPENCLAW_S3_URL")?, format!("blobs-{key}"));
    let endpoint = options.dynamodb.clone().unwrap_or_else(|| real.clone());
    let mut environment: BTreeMap<String, String> = options
        .hosted_variables()
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect();
    let own = [
        ("AWS_REGION", LOCAL),
        ("AWS_ACCESS_KEY_ID", &key),
        ("AWS_SECRET_ACCESS_KEY", LOCAL),
        ("AWS_ENDPOINT_URL_DYNAMODB", &endpoint),
        ("AWS_ENDPOINT_URL_S3", &s3),
        ("OPENCLAW_BLOBS_BUCKET", &bucket),
        ("OPENCLAW_KV_TABLE", &kv),
        ("OPENCLAW_LEDGER_TABLE", &ledger),
    ];
    environment.extend(own.map(|(name, value)| (name.into(), value.into())));
    for name in ["RUST_BACKTRACE", "OPENCLAW_LOG"] {
        environment.extend(std::env::var(name).ok().map(|value| (name.into(), value)));
    }
    let settings = Settings {
        port,
        functions: functions()?,
        environment,
        copies: options.copies.unwrap_or(COPIES),
        streams: real.clone(),
    };
    let file = self::settings(folder);
    let text = serde_json::to_string(&settings).map_err(|error| error.to_string())?;
    std::fs::write(&file, text).map_err(|error| error.to_string())?;
    let (kv_table, ledger_table) = (format!("kv={kv}"), format!("ledger={ledger}"));
    // Those of `template.yaml`, where they are missing.
    let tables = ["create", &real, &kv_table, &ledger_table];
    let store = ["create-bucket", &s3, &bucket];
    let all = [&tables[..], &store, &put(&kv, &real)].join(&"--");
    tables_py(&key, &all, &config::document(options))?;
    let mut command = Command::new(super::server::profile_folder().join("openclaw-lambda-local"));
    command.arg(file).env_clear();
    Ok(command)
}

/// The tables' names: whoever comes with the same data folder finds its data.
fn tables(data: &Path) -> [String; 2] {
    let path = data.to_string_lossy();
    let name = path
        .trim_matches('/')
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    ["kv", "ledger"].map(|table| format!("{table}-{name}"))
}

/// The access key, which is the bucket's name, too, as this may have less in it than a table's. DynamoDB Local
/// keeps a database for each key, with one thread: gateways with keys of their own do not wait for each other.
fn hash(data: &Path) -> String {
    let hash = Sha256::digest(data.to_string_lossy().as_bytes());
    let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    digits[..32].to_owned()
}

/// Puts a configuration to where the functions look for it.
const fn put<'a>(table: &'a str, endpoint: &'a str) -> [&'a str; 3] {
    ["put-config", table, endpoint]
}

fn tables_py(key: &str, arguments: &[&str], document: &str) -> Result<(), String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platforms/aws/tables.py");
    let mut command = Command::new(setting("OPENCLAW_LAMBDA_PYTHON")?);
    command.arg(script).args(arguments);
    let credentials = [
        ("AWS_REGION", LOCAL),
        ("AWS_ACCESS_KEY_ID", key),
        ("AWS_SECRET_ACCESS_KEY", LOCAL),
    ];
    command.envs(credentials);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let written = child
        .stdin
        .take()
        .map(|mut stdin| stdin.write_all(config::json(document).to_string().as_bytes()));
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    match (output.status.success(), written) {
        (true, Some(Ok(()))) => Ok(()),
        _ => Err(format!(
            "tables.py: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

fn functions() -> Result<BTreeMap<String, PathBuf>, String> {
    let folder = PathBuf::from(setting("OPENCLAW_LAMBDA_BINARIES")?);
    // As `sam build` leaves it, below the template's names.
    let binary = |name: &str| {
        let (first, rest) = name.split_at(1);
        let function = format!("{}{rest}Function", first.to_uppercase());
        folder.join(function).join("bootstrap")
    };
    Ok(FUNCTIONS.map(|name| (name.into(), binary(name))).into())
}

/// The runner's settings.
pub(super) fn settings(folder: &Path) -> PathBuf {
    folder.join("lambda.json")
}

/// Puts another configuration into the table of the gateway with these settings.
pub(super) fn configure(file: &Path, document: &str) {
    let text = std::fs::read(file).expect("the settings");
    let settings: Settings = serde_json::from_slice(&text).expect("the settings");
    let [kv, key] =
        ["OPENCLAW_KV_TABLE", "AWS_ACCESS_KEY_ID"].map(|name| &*settings.environment[name]);
    let endpoint = self::text("OPENCLAW_DYNAMODB_URL").expect("set");
    tables_py(key, &put(kv, &endpoint), document).expect("the configuration is put");
}

/// SIGKILL to every copy of `function` that is at work; how many.
pub(super) async fn kill_busy(base_url: &str, function: &str) -> usize {
    let copies = reqwest::get(format!("{base_url}/.copies")).await;
    let copies: Vec<Value> = copies.expect("the runner").json().await.expect("a list");
    let busy = copies
        .iter()
        .filter(|copy| copy["function"] == function && copy["busy"] == true);
    let ids = busy.filter_map(|copy| {
        let id = copy["process"].as_i64()?;
        Pid::from_raw(i32::try_from(id).ok()?)
    });
    ids.map(|id| kill_process(id, Signal::KILL).expect("it runs"))
        .count()
}

fn text(name: &str) -> Result<String, String> {
    let value = setting(name)?;
    value
        .into_string()
        .map_err(|_| format!("{name} is no text"))
}

fn setting(name: &str) -> Result<OsString, String> {
    std::env::var_os(name).ok_or_else(|| {
        format!("{name} is not set: `cargo xtask test lambda` builds the functions and sets it")
    })
}
