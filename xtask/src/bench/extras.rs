//! What no rate of requests shows: memory under many streams, and starting.

use super::{
    meter,
    servers::{BARE, Fleet, GATEWAY, Server},
};
use crate::process::Service;
use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// Streams that are open at a time.
pub(super) const STREAMS: usize = 1_000;
/// Starts of which the median is taken.
const STARTS: usize = 5;

/// The numbers.
pub(super) struct Extras {
    /// The gateway's resident memory in MB with [`STREAMS`] open.
    pub(super) resident: f64,
    /// The bare proxy's, likewise.
    pub(super) resident_bare: f64,
    /// Seconds from starting the process to the end of its first chat completion.
    pub(super) start: f64,
}

/// Measures; the gateway is stopped afterwards.
pub(super) fn measure(fleet: &mut Fleet) -> Result<Extras> {
    let resident_bare = hold(fleet, BARE)?;
    let resident = hold(fleet, GATEWAY)?;

    eprintln!("{STARTS} starts");
    let mut starts = vec![];
    for _ in 0..STARTS {
        let gateway = fleet.servers.last_mut().context("no gateway")?;
        gateway.stop();
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
    let mut hold = fleet.load("hold", server);
    hold.args(["--stream", "--streams", &STREAMS.to_string()]);
    let mut streams = Service::start("load", &mut hold, false, Duration::from_secs(2))?;
    streams
        .wait_for(Duration::from_secs(60), |load| said(load, "open"))
        .context("the streams did not all begin")?;
    // Each carries some more events before it counts.
    std::thread::sleep(Duration::from_secs(5));
    streams.check()?;
    meter::resident(server.group())
}

/// The time from starting the gateway to the end of its first answer.
fn start(fleet: &Fleet) -> Result<Duration> {
    // It asks before anybody listens, so that its own start does not count.
    let mut first = fleet.load("first", server(fleet, GATEWAY)?);
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
