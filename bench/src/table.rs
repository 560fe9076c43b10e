//! Medians and Markdown.

use super::{
    load::{Sample, Scenario},
    server::Server,
};
use std::{collections::BTreeMap, fs};

/// All samples.
pub(super) struct Results {
    /// The row whose CPU time is 1.
    reference: &'static str,
    samples: BTreeMap<(&'static str, &'static str), Vec<Sample>>,
    resident: BTreeMap<&'static str, f64>,
}

/// A number that is held to a bound.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) measured: f64,
    pub(super) at_most: f64,
    /// With the space before it.
    pub(super) unit: &'static str,
}

/// CPU per request in multiples of the reference's.
struct Ratio {
    median: f64,
    least: f64,
    most: f64,
}

impl Results {
    pub(super) fn new(reference: &'static str) -> Self {
        Self {
            reference,
            samples: BTreeMap::new(),
            resident: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, scenario: Scenario, server: &Server, sample: Sample) {
        let samples = self.samples.entry((scenario.name, server.name));
        samples.or_default().push(sample);
    }

    /// Resident memory after the last round, in MB.
    pub(super) fn rss(&mut self, server: &Server, megabytes: f64) {
        self.resident.insert(server.name, megabytes);
    }

    fn samples(&self, scenario: &str, row: &str) -> &[Sample] {
        let mut all = self.samples.iter();
        all.find(|((of, by), _)| *of == scenario && *by == row)
            .map_or(&[], |(_, samples)| samples)
    }

    /// From each round's own ratio, which a machine that gets slower and faster between rounds
    /// disturbs least.
    fn ratio(&self, scenario: &str, row: &str) -> Ratio {
        let rounds = self.samples(scenario, row).iter();
        let mut ratios = Vec::from_iter(
            rounds
                .zip(self.samples(scenario, self.reference))
                .map(|(of, reference)| of.cpu / reference.cpu),
        );
        ratios.sort_unstable_by(f64::total_cmp);
        Ratio {
            least: ratios.first().copied().unwrap_or(f64::NAN),
            most: ratios.last().copied().unwrap_or(f64::NAN),
            median: median(ratios),
        }
    }

    /// What `row` is held to in a scenario, in multiples of the reference's CPU time.
    pub(super) fn bar(&self, scenario: &Scenario, row: &str, at_most: f64) -> Bar {
        Bar {
            name: format!("CPU per request, × {}: {}", self.reference, scenario.name),
            measured: self.ratio(scenario.name, row).median,
            at_most,
            unit: "",
        }
    }

    /// The median of each number; all zero where nothing was measured.
    pub(super) fn median(&self, scenario: &str, row: &str) -> Option<Sample> {
        let samples = self.samples(scenario, row);
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

    /// A table a scenario, on standard output.
    pub(super) fn print(&self, scenarios: &[Scenario], rows: &[&str]) {
        for scenario in scenarios {
            self.print_scenario(scenario, rows);
        }
    }

    fn print_scenario(&self, scenario: &Scenario, rows: &[&str]) {
        let (rss, line) = match self.resident.is_empty() {
            true => ("", ""),
            false => (" RSS MB |", "--:|"),
        };
        println!("\n### {}\n", scenario.name);
        println!(
            "| | requests/s | p50 µs | p99 µs | CPU µs/request | × {} | least–most |{rss}",
            self.reference
        );
        println!("|---|--:|--:|--:|--:|--:|--:|{line}");
        for name in rows {
            let Some(row) = self.median(scenario.name, name) else {
                println!("| {name} | not measured |");
                continue;
            };
            let ratio = self.ratio(scenario.name, name);
            print!(
                "| {name} | {:.0} | {:.0} | {:.0} |",
                row.per_second, row.p50, row.p99
            );
            print!(" {:.1} | {:.2} |", row.cpu, ratio.median);
            print!(" {:.2}–{:.2} |", ratio.least, ratio.most);
            match self.resident.get(name) {
                Some(resident) => println!(" {resident:.1} |"),
                None => println!(),
            }
        }
    }
}

impl Bar {
    pub(super) fn is_held(&self) -> bool {
        self.measured <= self.at_most
    }
}

/// The bars as a table, on standard output.
pub(super) fn print_bars(bars: &[Bar]) {
    println!("\n### Bars\n\n| | measured | at most | |\n|---|--:|--:|---|");
    for bar in bars {
        let held = if bar.is_held() { "held" } else { "MISSED" };
        let Bar {
            name,
            measured,
            at_most,
            unit,
        } = bar;
        println!("| {name} | {measured:.3}{unit} | {at_most}{unit} | {held} |");
    }
}

pub(super) fn median(mut numbers: Vec<f64>) -> f64 {
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
pub(super) fn conditions(rounds: u32) -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |model| {
        model.trim_start_matches(['\t', ' ', ':'])
    });
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{processors} processors, {model}; medians of {rounds} rounds; everything on loopback of one machine, the load included."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(vec![4.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 2.0, 9.0]) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_bar_is_held_up_to_its_bound_and_never_by_nothing() {
        let bar = |measured| Bar {
            name: String::new(),
            measured,
            at_most: 5.0,
            unit: "",
        };
        assert!(bar(5.0).is_held());
        assert!(!bar(5.1).is_held());
        assert!(!bar(f64::NAN).is_held());
    }
}
