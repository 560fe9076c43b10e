//! Idle WebSockets on workerd: whether their objects are put aside, and what they leave in memory.

use super::{
    DEPLOYED, Folder, binary, config, key_value,
    workerd::{Script, Workerd},
};
use crate::{
    bench::{
        meter,
        sockets::{hold, until_said},
    },
    http,
    workers::{self, Tools},
};
use anyhow::{Context, Result, ensure};
use std::{fs, path::Path, thread::sleep, time::Duration};

/// Authenticated connections that do nothing.
const IDLE: usize = 1000;

/// An object has an alarm 10 s after its start, and is put aside when nothing happened for 10 s more;
/// workerd looks from time to time.
const ASIDE: Duration = Duration::from_secs(40);

/// When each is to answer again, behind that.
const PING_AFTER: &str = "50";

/// Prints what they take, and fails where one of them stayed in memory or does not answer.
pub(in crate::bench) fn measure(load: &Path) -> Result<()> {
    let tools = Tools::ready()?;
    workers::build(&tools, &DEPLOYED)?;
    let folder = Folder::new()?;
    let mut workerd = Workerd::default();
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
    let workerd = workerd.start(&binary(&tools)?, &folder.0)?;
    let key = super::new_key(&format!("http://{gateway}"))?;
    let starts = || -> Result<usize> {
        let said = http::get(&format!("http://127.0.0.1:{counted}/starts"), None)?;
        said.trim().parse().context("no number of starts")
    };

    // What one connection brings to life counts for none of them.
    drop(hold(load, &key, &gateway, 1, &[])?);
    sleep(ASIDE);
    let before = meter::resident(workerd.id())?;
    let mut held = hold(load, &key, &gateway, IDLE, &["--ping-after", PING_AFTER])?;
    let (open, started) = (meter::resident(workerd.id())?, starts()?);
    sleep(ASIDE);
    let aside = meter::resident(workerd.id())?;
    until_said(&mut held, "answered", Duration::from_secs(120)).context("not all answered")?;
    let woken = starts()? - started;
    ensure!(
        woken == IDLE,
        "{woken} of {IDLE} idle connections had been put aside"
    );
    let each = |with: f64| (with - before) * 1e3 / IDLE as f64;
    println!(
        "{IDLE} idle connections on workerd: {before:.1} MB before, {open:.1} MB when all were open \
         ({:.1} KB each), {aside:.1} MB {} s later ({:.1} KB each); all had been put aside, and all \
         answered.\n",
        each(open),
        ASIDE.as_secs(),
        each(aside),
    );
    Ok(())
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
