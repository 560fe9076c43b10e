//! Medians and Markdown.

use super::{
    Options, SCENARIOS, Sample, Scenario,
    extras::{Extras, STREAMS},
    servers::{BARE, Fleet, GATEWAY, NGINX, Server, UPSTREAM},
};
use std::{collections::BTreeMap, fs};

/// All samples.
#[derive(Default)]
pub(super) struct Results {
    samples: BTreeMap<(&'static str, &'static str), Vec<Sample>>,
    resident: BTreeMap<&'static str, f64>,
}

impl Results {
    pub(super) fn add(&mut self, scenario: Scenario, server: &Server, sample: Sample) {
        let samples = self.samples.entry((scenario.name, server.name));
        samples.or_default().push(sample);
    }

    /// Resident memory after the last round, in MB.
    pub(super) fn rss(&mut self, server: &Server, megabytes: f64) {
        self.resident.insert(server.name, megabytes);
    }

    fn samples(&self, scenario: &str, server: &str) -> &[Sample] {
        let mut all = self.samples.iter();
        all.find(|((of, by), _)| *of == scenario && *by == server)
            .map_or(&[], |(_, samples)| samples)
    }

    /// CPU per request in multiples of the bare proxy's: the median of each round's own ratio,
    /// which a machine that gets slower and faster between rounds disturbs least.
    fn ratio(&self, scenario: &str, server: &str) -> f64 {
        let rounds = self.samples(scenario, server).iter();
        let ratios = rounds
            .zip(self.samples(scenario, BARE))
            .map(|(of, bare)| of.cpu / bare.cpu);
        median(ratios.collect())
    }

    fn median(&self, scenario: &str, server: &str) -> Option<Sample> {
        let samples = self.samples(scenario, server);
        if samples.is_empty() {
            return None;
        }
        let of = |field: fn(&Sample) -> f64| median(samples.iter().map(field).collect());
        Some(Sample {
            per_second: of(|sample| sample.per_second),
            p50: of(|sample| sample.p50),
            p99: of(|sample| sample.p99),
            first: of(|sample| sample.first),
            cpu: of(|sample| sample.cpu),
        })
    }

    /// The tables, on standard output.
    pub(super) fn print(&self, options: &Options, fleet: &Fleet, extras: &Extras) {
        println!("{}", conditions(options));
        for scenario in SCENARIOS {
            self.print_scenario(scenario, fleet);
        }
        self.print_bars(extras);
    }

    fn print_scenario(&self, scenario: Scenario, fleet: &Fleet) {
        println!(
            "\n### {}\n\n| | requests/s | p50 µs | p99 µs | CPU µs/request | × bare | RSS MB |\n|---|--:|--:|--:|--:|--:|--:|",
            scenario.name
        );
        for name in [UPSTREAM, NGINX, BARE, GATEWAY] {
            match self.median(scenario.name, name) {
                Some(row) => {
                    let resident = self.resident.get(name).copied().unwrap_or_default();
                    println!(
                        "| {name} | {:.0} | {:.0} | {:.0} | {:.1} | {:.2} | {resident:.1} |",
                        row.per_second,
                        row.p50,
                        row.p99,
                        row.cpu,
                        self.ratio(scenario.name, name)
                    );
                }
                None if name == NGINX && !fleet.has_nginx => {
                    println!("| {name} | not installed | | | | | |");
                }
                None => println!("| {name} | not measured | | | | | |"),
            }
        }
    }

    fn print_bars(&self, extras: &Extras) {
        println!("\n### Bars\n\n| | measured | at most | |\n|---|--:|--:|---|");
        for scenario in SCENARIOS {
            let most = if scenario.stream { 3.0 } else { 2.5 };
            let name = format!("CPU per request, × bare proxy: {}", scenario.name);
            bar(&name, self.ratio(scenario.name, GATEWAY), most, "");
        }
        let streaming = SCENARIOS[2].name;
        let first = |server| self.median(streaming, server).unwrap_or_default().first;
        let added = (first(GATEWAY) - first(UPSTREAM)) / 1e3;
        bar("added time to first token, 1 connection", added, 1.0, " ms");
        let name = format!(
            "RSS with {STREAMS} open streams (bare proxy: {:.0} MB)",
            extras.resident_bare
        );
        bar(&name, extras.resident, 60.0, " MB");
        bar("start to first answer", extras.start, 0.2, " s");
    }
}

fn bar(name: &str, measured: f64, most: f64, unit: &str) {
    let held = if measured <= most { "held" } else { "MISSED" };
    println!("| {name} | {measured:.3}{unit} | {most}{unit} | {held} |");
}

fn median(mut numbers: Vec<f64>) -> f64 {
    if numbers.is_empty() {
        return f64::NAN;
    }
    numbers.sort_unstable_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() % 2 {
        0 => f64::midpoint(numbers[middle - 1], numbers[middle]),
        _ => numbers[middle],
    }
}

/// On what, and how.
fn conditions(options: &Options) -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |model| {
        model.trim_start_matches(['\t', ' ', ':'])
    });
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{processors} processors, {model}; profile {}, medians of {} rounds; everything on loopback of one machine, the load included. A stream has 64 chunks, written at once.",
        options.profile, options.rounds
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(vec![9.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 2.0, 9.0]) - 3.0).abs() < 1e-9);
    }
}
