//! Many questions at a time.

use crate::ask::{Asker, Question};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How much to ask.
#[derive(Clone, Copy)]
pub struct Load {
    /// Connections at a time.
    pub connections: usize,
    /// Requests over all of them.
    pub requests: usize,
}

/// What came of it.
pub struct Outcome {
    seconds: f64,
    firsts: Vec<Duration>,
    wholes: Vec<Duration>,
}

impl Load {
    /// Asks everything.
    ///
    /// # Errors
    /// At the first answer that is not whole: a run with failures measures nothing.
    pub async fn run(self, question: &Question) -> Result<Outcome> {
        let mut askers = Vec::new();
        for _ in 0..self.connections {
            let asker = Asker::connect(question.clone()).await;
            askers.push(asker.with_context(|| format!("cannot reach {}", question.address))?);
        }
        let each = self.requests / self.connections;
        let since = Instant::now();
        let mut tasks = JoinSet::new();
        for mut asker in askers {
            tasks.spawn(async move {
                let mut times = Vec::with_capacity(each);
                for _ in 0..each {
                    times.push(asker.ask(|| ()).await?);
                }
                anyhow::Ok(times)
            });
        }
        let (mut firsts, mut wholes) = (Vec::new(), Vec::new());
        while let Some(times) = tasks.join_next().await {
            for (first, whole) in times?? {
                firsts.push(first);
                wholes.push(whole);
            }
        }
        let seconds = since.elapsed().as_secs_f64();
        firsts.sort_unstable();
        wholes.sort_unstable();
        Ok(Outcome {
            seconds,
            firsts,
            wholes,
        })
    }
}

impl Outcome {
    /// Requests, seconds, and times in microseconds.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "requests": self.wholes.len(),
            "seconds": self.seconds,
            "p50": percentile(&self.wholes, 50),
            "p99": percentile(&self.wholes, 99),
            "first_p50": percentile(&self.firsts, 50),
        })
    }
}

/// The smallest time that `percent` of `sorted` do not exceed, in microseconds.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    let time = sorted.get(rank - 1).copied().unwrap_or_default();
    time.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let times = Vec::from_iter((1..=200).map(Duration::from_micros));
        assert!((percentile(&times, 50) - 100.0).abs() < 1e-9);
        assert!((percentile(&times, 99) - 198.0).abs() < 1e-9);
        assert!((percentile(&times[..1], 99) - 1.0).abs() < 1e-9);
        assert!(percentile(&[], 50).abs() < 1e-9);
    }
}
