//! Idle WebSockets on workerd: whether their objects are put aside, and what they leave in memory.

use super::{
    DEPLOYED, Folder, binary, config, key_value, new_key, own,
    workerd::{Script, Workerd},
};
use crate::{
    meter,
    sockets::{hold, until_said},
};
use anyhow::{Context, Result, ensure};
use std::{fs, path::Path, thread::sleep, time::Duration};
use xtask::{
    http,
    process::Service,
    workers::{self, Tools},
};

/// Authenticated connections that do nothing.
const IDLE: usize = 1000;

/// An object has an alarm 10 s after its start, and is put aside when nothing happened for 10 s more;
/// workerd looks from time to time.
const ASIDE: Duration = Duration::from_secs(40);

/// When each is to answer again, behind that.
const PING_AFTER: &str = "50";

/// Prints what they take, beside what they take at least on this platform; fails where one of ours stayed
/// in memory or does not answer.
pub(crate) fn measure(load: &Path) -> Result<()> {
    let tools = Tools::install()?;
    workers::build(&tools, &DEPLOYED, workers::Profile::Release)?;
    let binary = binary(&tools)?;
    println!(
        "| {IDLE} idle connections on workerd | MB before | KB each, all open | KB each, put aside |"
    );
    println!("|---|--:|--:|--:|");
    Field::plain(&binary)?.measure("a JavaScript object", load)?;
    Field::ours(&binary)?.measure("gateway", load)?;
    println!();
    Ok(())
}

/// A workerd, and how it is asked.
struct Field {
    workerd: Service,
    gateway: String,
    /// The port that tells how many objects have started.
    counted: u16,
    key: String,
    _folder: Folder,
}

impl Field {
    fn plain(binary: &Path) -> Result<Self> {
        let (folder, mut workerd) = (Folder::new()?, Workerd::default());
        let class = "durableObjectNamespace = \"Session\"";
        let bindings = vec![("SESSIONS".into(), class.into())];
        let source = include_str!("plain-sessions.mjs");
        workerd.add(&Script {
            classes: vec!["Session".into()],
            ..own(&folder, "plain", source, bindings)?
        });
        let counted = workerd.listen("plain")?;
        Ok(Self {
            workerd: workerd.start(binary, &folder.0)?,
            gateway: format!("127.0.0.1:{counted}"),
            counted,
            key: String::new(),
            _folder: folder,
        })
    }

    fn ours(binary: &Path) -> Result<Self> {
        let (folder, mut workerd) = (Folder::new()?, Workerd::default());
        for worker in &DEPLOYED {
            let script = config::script(worker)?;
            workerd.add(&match worker.name {
                "realtime" => counted(script, &folder)?,
                _ => script,
            });
        }
        workerd.add(&key_value("127.0.0.1:1", &folder)?);
        let counted = workerd.listen("openclaw-realtime")?;
        let gateway = format!("127.0.0.1:{}", workerd.listen("openclaw-gateway")?);
        let workerd = workerd.start(binary, &folder.0)?;
        Ok(Self {
            workerd,
            key: new_key(&format!("http://{gateway}"))?,
            gateway,
            counted,
            _folder: folder,
        })
    }

    /// Prints a row of the table.
    fn measure(&self, name: &str, load: &Path) -> Result<()> {
        let resident = || meter::resident(self.workerd.id());
        // What one connection brings to life counts for none of them.
        drop(hold(load, &self.key, &self.gateway, 1, &[])?);
        sleep(ASIDE);
        let before = resident()?;
        let more = ["--ping-after", PING_AFTER];
        let mut held = hold(load, &self.key, &self.gateway, IDLE, &more)?;
        let (open, started) = (resident()?, self.starts()?);
        sleep(ASIDE);
        let aside = resident()?;
        until_said(&mut held, "answered", Duration::from_secs(120)).context("not all answered")?;
        let woken = self.starts()? - started;
        ensure!(
            woken == IDLE,
            "{woken} of {IDLE} idle connections had been put aside"
        );
        let each = |with: f64| (with - before) * 1e3 / IDLE as f64;
        let (open, aside) = (each(open), each(aside));
        println!("| {name} | {before:.1} | {open:.0} | {aside:.0} |");
        Ok(())
    }

    fn starts(&self) -> Result<usize> {
        let said = http::get(&format!("http://127.0.0.1:{}/starts", self.counted), None)?;
        said.trim().parse().context("no number of starts")
    }
}

/// The Worker as it is, in a wrapper that counts its objects' starts.
fn counted(script: Script, folder: &Folder) -> Result<Script> {
    let file = "counted.mjs";
    fs::write(folder.0.join(file), include_str!("counted.mjs"))?;
    Ok(Script {
        whole: Some(script.script),
        script: file.into(),
        ..script
    })
}
