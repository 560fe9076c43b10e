//! Latencies as histograms that can be added to each other.
//!
//! Each octave of milliseconds has eight buckets, so a percentile is within 6.25 % of what was measured. A
//! bucket is a counter of the ledger, named after the least number of milliseconds that falls into it.

use histogram::{Config, Histogram};
use openclaw_schema::usage::Percentiles;

/// Eight buckets an octave, up to 4.6 hours.
const CONFIG: Result<Config, histogram::Error> = Config::new(3, 24);

const MAX_MS: u64 = (1 << 24) - 1;

/// The latencies of many requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Latency(Option<Histogram>);

impl Latency {
    /// The bucket of `ms`, by the least number that falls into it.
    pub(crate) fn bucket(ms: u64) -> u64 {
        let mut one = Self::default();
        one.add(ms, 1);
        let mut buckets = one.0.iter().flat_map(Histogram::iter);
        let bucket = buckets.find(|bucket| bucket.count() > 0);
        bucket.map_or(0, |bucket| bucket.start())
    }

    /// Adds `count` requests that took `ms`.
    pub(crate) fn add(&mut self, ms: u64, count: u64) {
        if self.0.is_none() {
            self.0 = CONFIG.ok().map(|config| Histogram::with_config(&config));
        }
        if let Some(histogram) = &mut self.0 {
            // It is within the range, and no sum is that large.
            let _ = histogram.add(ms.min(MAX_MS), count);
        }
    }

    /// `None` where nothing was measured.
    pub(crate) fn percentiles(&self) -> Option<Percentiles> {
        let histogram = self.0.as_ref()?;
        let at = |quantile: f64| {
            let bucket = histogram.quantile_bucket(quantile).ok()??;
            Some(bucket.start().midpoint(bucket.end()))
        };
        Some(Percentiles {
            p50: at(0.5)?,
            p90: at(0.9)?,
            p95: at(0.95)?,
            p99: at(0.99)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn percentiles_are_within_a_sixteenth_however_the_measurements_were_spread(
            mut measured in prop::collection::vec(0..600_000u64, 1..200),
            parts in 1..5usize,
        ) {
            // Each part as its stored buckets, added to one sum.
            let mut merged = Latency::default();
            for part in measured.chunks(measured.len().div_ceil(parts)) {
                let mut buckets = BTreeMap::<u64, u64>::new();
                part.iter().for_each(|ms| *buckets.entry(Latency::bucket(*ms)).or_default() += 1);
                buckets.into_iter().for_each(|(ms, count)| merged.add(ms, count));
            }
            measured.sort_unstable();
            let shown = merged.percentiles().unwrap();
            for (quantile, shown) in [(0.5, shown.p50), (0.9, shown.p90), (0.99, shown.p99)] {
                let rank = (quantile * measured.len() as f64).ceil() as usize;
                let exact = measured[rank.max(1) - 1];
                prop_assert!(exact.abs_diff(shown) * 16 <= exact + 16, "{quantile}: {exact} {shown}");
            }
        }
    }

    #[test]
    fn buckets_stay_where_stored_sums_have_them() {
        let buckets = [0, 1, 15, 16, 17, 100, 812, 30_000, u64::MAX].map(Latency::bucket);
        assert_eq!(buckets, [0, 1, 15, 16, 16, 96, 768, 28_672, 15_728_640]);
        assert_eq!(Latency::default().percentiles(), None);
    }
}
