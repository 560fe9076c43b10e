//! What no rate of requests shows: memory under many streams, and starting.

use super::{
    load::{SCENARIOS, Scenario},
    meter,
    native::{BARE, Fleet, GATEWAY},
    server::{Server, UPSTREAM},
    table::{Bar, Results},
};
use anyhow::{Context, Result};
use std::time::{Duration, Instant};
use xtask::process::Service;

/// Streams that are open at a time.
const STREAMS: usize = 1_000;
/// Starts of which the median is taken.
const STARTS: usize = 5;

/// The numbers.
pub(super) struct Extras {
    /// The gateway's resident memory in MB with [`STREAMS`] open.
    resident: f64,
    /// The bare proxy's, likewise.
    resident_bare: f64,
    /// Seconds from starting the process to the end of its first chat completion.
    start: f64,
}

impl Extras {
    /// What the native server is held to.
    pub(super) fn bars(&self, results: &Results) -> Vec<Bar> {
        let ratio = |scenario: &Scenario| {
            let at_most = if scenario.stream { 3.0 } else { 2.5 };
            results.bar(scenario, GATEWAY, at_most)
        };
        let mut bars = Vec::from_iter(SCENARIOS.iter().map(ratio));
        let streaming = SCENARIOS[2].name;
        let first = |row| results.median(streaming, row).unwrap_or_default().first;
        bars.push(Bar {
            name: "added time to first token, 1 connection".into(),
            measured: (first(GATEWAY) - first(UPSTREAM)) / 1e3,
            at_most: 1.0,
            unit: " ms",
        });
        let bare = self.resident_bare;
        bars.push(Bar {
            name: format!("RSS with {STREAMS} open streams (bare proxy: {bare:.0} MB)"),
            measured: self.resident,
            at_most: 60.0,
            unit: " MB",
        });
        bars.push(Bar {
            name: "start to first answer".into(),
            measured: self.start,
            at_most: 0.2,
            unit: " s",
        });
        bars
    }
}

/// Measures; the gateway is stopped afterwards.
pub(super) fn measure(fleet: &mut Fleet) -> Result<Extras> {
    let resident_bare = hold(fleet, BARE)?;
    let resident = hold(fleet, GATEWAY)?;

    eprintln!("{STARTS} starts");
    let mut starts = vec![];
    for _ in 0..STARTS {
        fleet.stop_gateway();
        starts.push(start(fleet)?);
    }
    starts.sort_unstable();
    Ok(Extras {
        resident,
        resident_bare,
        start: starts[STARTS / 2].as_secs_f64(),
    })
}

/// Resident memory of the server `name` in MB with [`STREAMS`] open.
fn hold(fleet: &Fleet, name: &str) -> Result<f64> {
    eprintln!("{STREAMS} open streams: {name}");
    let server = server(fleet, name)?;
    let mut hold = fleet.load.command("hold", server);
    hold.args(["--stream", "--streams", &STREAMS.to_string()]);
    let mut streams = Service::start("load", &mut hold, false, Duration::from_secs(2))?;
    streams
        .wait_for(Duration::from_secs(60), |load| said(load, "open"))
        .context("the streams did not all begin")?;
    // Each carries some more events before it counts.
    std::thread::sleep(Duration::from_secs(5));
    streams.check()?;
    meter::resident(server.group)
}

/// The time from starting the gateway to the end of its first answer.
fn start(fleet: &Fleet) -> Result<Duration> {
    // It asks before anybody listens, so that its own start does not count.
    let mut first = fleet.load.command("first", server(fleet, GATEWAY)?);
    let mut asking = Service::start("load", &mut first, false, Duration::from_secs(2))?;
    std::thread::sleep(Duration::from_millis(200));
    let since = Instant::now();
    let mut gateway = fleet.gateway.spawn(&fleet.config, false)?;
    asking.wait_for(Duration::from_secs(10), |load| said(load, "answered"))?;
    let time = since.elapsed();
    gateway.check()?;
    Ok(time)
}

fn server<'f>(fleet: &'f Fleet, name: &str) -> Result<&'f Server> {
    let server = fleet.servers.iter().find(|server| server.name == name);
    server.with_context(|| format!("no {name}"))
}

fn said(load: &Service, word: &str) -> Option<()> {
    load.tail().iter().any(|line| line == word).then_some(())
}
