//! MiniStack as a service: it stands in for AWS.

use super::Tools;
use crate::{http, process::Service};
use anyhow::Result;
use std::{fs, net::TcpListener, path::Path, process::Command, time::Duration};

/// A running one; it ends with this value, and so do the functions that it has started.
pub(crate) struct MiniStack {
    /// Where it listens.
    pub(crate) url: String,
    _service: Service,
}

impl MiniStack {
    /// Everything that it has, in memory; its temporary files go into `own`.
    pub(crate) fn start(tools: &Tools, own: &Path) -> Result<Self> {
        Self::launch(tools, own, &[])
    }

    /// S3 alone, with the objects in files below `own`.
    pub(crate) fn s3(tools: &Tools, own: &Path) -> Result<Self> {
        let data = own.join("s3").display().to_string();
        let settings = [
            ("SERVICES", "s3".to_owned()),
            ("S3_PERSIST", "1".into()),
            ("S3_DATA_DIR", data),
        ];
        Self::launch(tools, own, &settings)
    }

    fn launch(tools: &Tools, own: &Path, settings: &[(&str, String)]) -> Result<Self> {
        fs::create_dir_all(own)?;
        let free = TcpListener::bind("127.0.0.1:0")?;
        let port = free.local_addr()?.port();
        drop(free);
        let url = format!("http://127.0.0.1:{port}");
        let mut command = Command::new(tools.programs().join("ministack"));
        command.env("BIND_HOST", "127.0.0.1");
        command.env("GATEWAY_PORT", port.to_string());
        command.env("TMPDIR", own);
        // It hands this on to the functions.
        command.env("AWS_ENDPOINT_URL", &url);
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        command.current_dir(own);
        let grace = Duration::from_secs(10);
        let mut service = Service::start("ministack", &mut command, false, grace)?;
        let health = format!("{url}/_ministack/health");
        service.wait_for(Duration::from_secs(60), |_| http::get(&health, None).ok())?;
        Ok(Self {
            url,
            _service: service,
        })
    }
}
