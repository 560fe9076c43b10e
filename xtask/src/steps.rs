//! Progress: `[2/4] model: 245 MB (first time only)`, on standard error.

use anyhow::Result;
use std::time::{Duration, Instant};

/// A counted row of steps.
pub struct Steps {
    at: usize,
    of: usize,
}

impl Steps {
    /// `of` steps are to come.
    pub const fn new(of: usize) -> Self {
        Self { at: 0, of }
    }

    /// Names the next step, does it and says how long it took when that was long enough to ask.
    pub fn step<T>(&mut self, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.at += 1;
        eprintln!("[{}/{}] {what}", self.at, self.of);
        let since = Instant::now();
        let done = work();
        if since.elapsed() > Duration::from_millis(500) {
            let how = if done.is_ok() { "done" } else { "failed" };
            eprintln!("      {how} after {}", seconds(since.elapsed()));
        }
        done
    }
}

/// `7.3 s`, `2 min 5 s`.
pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        whole @ 60.. => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(seconds(Duration::from_millis(7_260)), "7.3 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 5 s");
    }
}
