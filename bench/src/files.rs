//! Uploads of a long file by curl: to the gateway, which counts, hashes and accounts them, and to nginx's dav
//! module, which writes them; and `cp`, which has no network at all.

use super::{
    Options, meter,
    native::{GATEWAY, nginx},
    server::{Folder, Server, config, free_port},
    table::{self, Bar},
};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};
use xtask::{
    cargo,
    gateway::{Gateway, Local},
    process::{self, Service},
};

const MIB: usize = 1 << 20;
/// The longest file that the gateway takes by default.
const LENGTH: usize = 100 * MIB;
const DAV: &str = "nginx dav";
/// Longer than a file of a byte is looked into.
const INSPECTED: Duration = Duration::from_secs(3);

/// What uploads go to.
struct Uploads {
    gateway: Server,
    dav: Option<Server>,
    key: String,
    /// What is sent.
    file: PathBuf,
    folder: Folder,
    _services: Vec<Service>,
}

/// Measures everything and prints the table.
pub(super) fn measure(options: &Options) -> Result<Vec<Bar>> {
    let uploads = Uploads::start(&options.profile)?;
    // Whatever is made once is there before it counts.
    let small = uploads.folder.0.join("small");
    fs::write(&small, "x")?;
    uploads.to_gateway(&small)?;
    uploads.to_dav(&small)?;
    // The process that looks into it is the server's child, and would count: what is longer is not looked into.
    thread::sleep(INSPECTED);
    let before = meter::most_resident(uploads.gateway.group)?;
    let (mut gateway, mut dav, mut cp) = (vec![], vec![], vec![]);
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        gateway.push(uploads.to_gateway(&uploads.file)?.as_secs_f64());
        dav.extend(
            uploads
                .to_dav(&uploads.file)?
                .map(|time| time.as_secs_f64()),
        );
        cp.push(uploads.copy()?.as_secs_f64());
    }
    let grown = meter::most_resident(uploads.gateway.group)? - before;
    println!("{}", table::conditions(options.rounds));
    println!(
        "Profile {}. A file of {} MiB.\n",
        options.profile,
        LENGTH / MIB
    );
    println!("| | MB/s |\n|---|--:|");
    let seconds = [gateway, dav, cp].map(table::median);
    for (name, seconds) in [GATEWAY, DAV, "cp"].iter().zip(seconds) {
        println!("| {name} | {:.0} |", LENGTH as f64 / 1e6 / seconds);
    }
    let [gateway, dav, _] = seconds;
    Ok(vec![
        Bar {
            name: "an upload's time, in that of nginx's dav".into(),
            measured: gateway / dav,
            at_most: 2.0,
            unit: "",
        },
        Bar {
            name: format!("memory that it takes (before: {before:.0} MB)"),
            measured: grown,
            at_most: 16.0 * 1.048_576,
            unit: " MB",
        },
    ])
}

impl Uploads {
    fn start(profile: &str) -> Result<Self> {
        let binary = cargo::binary("openclaw-server", "openclaw-api", profile)?;
        let folder = Folder::new()?;
        let file = folder.0.join("file");
        let byte = |at: usize| (at % 251) as u8 ^ (at >> 16) as u8;
        fs::write(&file, Vec::from_iter((0..LENGTH).map(byte)))?;
        let at = folder.0.join("dav");
        fs::create_dir_all(&at)?;
        let dav = nginx(
            DAV,
            &folder.0,
            "client_max_body_size 0;",
            &format!("root {}; dav_methods PUT DELETE;", at.display()),
        )?;
        let gateway = Gateway {
            binary,
            port: free_port()?,
            data: folder.0.join("data"),
            own: folder.0.clone(),
        };
        // No model is asked.
        let service = gateway.start(&config("127.0.0.1:9"), false)?;
        let server = Server::new(GATEWAY, gateway.port, &service);
        let key = gateway.new_key("enterprise")?;
        let (dav, nginx) = dav.unzip();
        Ok(Self {
            gateway: server,
            dav,
            key,
            file,
            folder,
            _services: nginx.into_iter().chain([service]).collect(),
        })
    }

    /// Uploads a file and removes it again, which does not count.
    fn to_gateway(&self, file: &Path) -> Result<Duration> {
        let base = format!("http://{}/v1/files", self.gateway.address);
        let authorization = format!("Authorization: Bearer {}", self.key);
        let mut upload = curl(&["--header", &authorization]);
        upload
            .arg("--form")
            .arg(format!("file=@{}", file.display()));
        upload.args(["--form", "purpose=bench", &base]);
        let (took, answer) = timed(&mut upload)?;
        let answer: Value = serde_json::from_str(&answer)?;
        let id = answer["id"].as_str().context("no id")?;
        let remove = ["--header", &authorization, "--request", "DELETE"];
        process::capture(curl(&remove).arg(format!("{base}/{id}")))?;
        Ok(took)
    }

    fn to_dav(&self, file: &Path) -> Result<Option<Duration>> {
        let Some(dav) = &self.dav else {
            return Ok(None);
        };
        let url = format!("http://{}/file", dav.address);
        let mut upload = curl(&["--upload-file"]);
        let (took, _) = timed(upload.arg(file).arg(&url))?;
        process::capture(curl(&["--request", "DELETE"]).arg(&url))?;
        Ok(Some(took))
    }

    fn copy(&self) -> Result<Duration> {
        let to = self.folder.0.join("copy");
        let (took, _) = timed(Command::new("cp").arg(&self.file).arg(&to))?;
        fs::remove_file(&to)?;
        Ok(took)
    }
}

fn curl(arguments: &[&str]) -> Command {
    let mut curl = Command::new("curl");
    // A server's wish to be asked first costs a second where it does not answer.
    let quiet = ["--silent", "--show-error", "--fail", "--noproxy", "*"];
    curl.args(quiet)
        .args(["--header", "Expect:"])
        .args(arguments);
    curl
}

fn timed(command: &mut Command) -> Result<(Duration, String)> {
    let since = Instant::now();
    let said = process::capture(command)?;
    Ok((since.elapsed(), said))
}
