//! DynamoDB Local as a service.

use super::Tools;
use crate::process::Service;
use anyhow::Result;
use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    time::Duration,
};

/// Region and credentials of whoever asks it: it keeps the tables of each pair apart, and takes any.
pub(crate) const CREDENTIALS: [(&str, &str); 3] = [
    ("AWS_REGION", "local"),
    ("AWS_ACCESS_KEY_ID", "local"),
    ("AWS_SECRET_ACCESS_KEY", "local"),
];

/// A running one; it ends with this value.
pub(crate) struct DynamoDb {
    /// Where it listens.
    pub(crate) url: String,
    _service: Service,
}

impl DynamoDb {
    /// Starts one on a free port, in memory or with its data in a folder.
    pub(crate) fn start(tools: &Tools, data: Option<&Path>) -> Result<Self> {
        let free = TcpListener::bind("127.0.0.1:0")?;
        let port = free.local_addr()?.port();
        drop(free);
        let lib = tools.dynamodb.display();
        let mut java = Command::new("java");
        java.arg(format!("-Djava.library.path={lib}"));
        java.args(["-cp", &format!("{lib}/*")]);
        java.arg("com.amazonaws.services.dynamodbv2.local.main.ServerRunner");
        java.args(["-port", &port.to_string(), "-disableTelemetry"]);
        match data {
            Some(data) => {
                fs::create_dir_all(data)?;
                java.arg("-dbPath").arg(data)
            }
            None => java.arg("-inMemory"),
        };
        let mut service = Service::start("dynamodb", &mut java, false, Duration::from_secs(5))?;
        service.wait_for(Duration::from_secs(60), |_| {
            TcpStream::connect(("127.0.0.1", port)).ok()
        })?;
        Ok(Self {
            url: format!("http://127.0.0.1:{port}"),
            _service: service,
        })
    }
}
