//! What a run of all tests came to: a line for each step, what failed and why, and the sum.

use crate::{
    process::{self, Interrupted},
    steps::seconds,
};
use anyhow::Result;
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};
use std::{
    fmt::{self, Display},
    mem,
    process::Command,
    time::{Duration, Instant},
};

/// How much of what failed harnesses say is said again at the end, where one looks first.
const REPEATED_LINES: usize = 400;

/// What has been done so far.
#[derive(Default)]
pub(super) struct Report {
    sum: Sum,
    rows: Vec<String>,
    failures: Vec<String>,
}

impl Report {
    /// Does one step. Its failure is counted, as one where it names no failed test, and does not
    /// end the others; only a signal does. What it came to, where it did not fail as a whole.
    pub(super) fn step<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut Outcome) -> Result<T>,
    ) -> Result<Option<T>> {
        eprintln!("── {name}");
        let (since, cpu, mut outcome) = (Instant::now(), cpu(), Outcome::default());
        let done = match work(&mut outcome) {
            Ok(done) => Some(done),
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => {
                outcome.fails(format!("{error:#}"));
                None
            }
        };
        let Outcome { sum, failures, .. } = outcome;
        let how = match (sum.passed, sum.failed) {
            (0, 0) => "ok".into(),
            (passed, 0) => format!("ok, {passed} passed"),
            (passed, failed) => format!("FAILED, {passed} passed, {failed} failed"),
        };
        let (took, cpu) = (since.elapsed(), self::cpu().saturating_sub(cpu));
        let (took, cpu) = (seconds(took), seconds(cpu));
        self.rows
            .push(format!("{name:30} {took:>12} {cpu:>12} CPU  {how}"));
        if !failures.is_empty() {
            self.failures.push(format!("── failed: {name}"));
            self.failures.extend(failures);
        }
        self.sum.passed += sum.passed;
        self.sum.failed += sum.failed;
        Ok(done)
    }

    /// Prints the steps, and in the end what failed.
    pub(super) fn print(&self) {
        eprintln!("──");
        self.rows.iter().for_each(|row| eprintln!("{row}"));
        self.failures.iter().for_each(|line| eprintln!("{line}"));
    }

    pub(super) const fn sum(&self) -> Sum {
        self.sum
    }

    pub(super) const fn has_failed(&self) -> bool {
        self.sum.failed > 0
    }
}

/// Processor time of all programs that were run so far and have ended: unlike the time on the clock it
/// is the same on a busy machine.
fn cpu() -> Duration {
    getrusage(UsageWho::RUSAGE_CHILDREN).map_or(Duration::ZERO, |used| {
        let microseconds = (used.user_time() + used.system_time()).num_microseconds();
        Duration::from_micros(microseconds.try_into().unwrap_or_default())
    })
}

/// Tests by their outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    passed: u64,
    failed: u64,
}

impl Display for Sum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// What one step comes to.
#[derive(Default)]
pub(super) struct Outcome {
    sum: Sum,
    /// What failed, in the harnesses' words.
    failures: Vec<String>,
    /// The harness is saying why tests failed.
    explains: bool,
}

impl Outcome {
    /// Runs one or more test harnesses, shows what they print and adds what they sum up. Ending
    /// badly without a failed test, as by a crash or by not ending at all, counts as one.
    pub(super) fn run(&mut self, command: &mut Command, limit: Duration) -> Result<()> {
        let before = self.sum.failed;
        let ended = process::lines(command, limit, |line| {
            println!("{line}");
            self.read(line);
        });
        self.explains = false;
        let what = match ended {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => format!("{}: {status}", command.get_program().display()),
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => format!("{error:#}"),
        };
        let counted = mem::replace(&mut self.sum.failed, before);
        self.fails(what);
        self.sum.failed = counted.max(before + 1);
        Ok(())
    }

    fn fails(&mut self, why: String) {
        eprintln!("{why}");
        self.failures.push(why);
        self.sum.failed += 1;
    }

    /// Keeps the line if it says what failed or why; adds it if it is a sum.
    fn read(&mut self, line: &str) {
        if line == "failures:" || line.trim_start().starts_with("not ok ") {
            self.explains = true;
        } else if line.starts_with("test result: ") || line.trim_start().starts_with("ok ") {
            self.explains = false;
        }
        if self.explains && self.failures.len() < REPEATED_LINES {
            self.failures.push(line.into());
        }
        self.sum.add(line);
    }
}

impl Sum {
    /// Adds a line such as `test result: ok. 5 passed; 0 failed; …`, or Node's `# pass 5`, and
    /// nothing for any other.
    fn add(&mut self, line: &str) {
        let mut words = line.split(' ');
        if let (Some("#"), Some(what), Some(number), None) =
            (words.next(), words.next(), words.next(), words.next())
        {
            let number = number.parse().unwrap_or(0);
            match what {
                "pass" => self.passed += number,
                "fail" | "cancelled" => self.failed += number,
                _ => {}
            }
        }
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|result| result.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            match count.split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    #[test]
    fn results_are_summed_and_other_lines_are_not() {
        let mut sum = Sum::default();
        for line in [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test auth::rejects ... ok",
            "# pass 8",
            "# fail 1",
            "# cancelled 1",
            "# tests 10",
            "# Subtest: the stores keep the contract",
        ] {
            sum.add(line);
        }
        let (passed, failed) = (23, 4);
        assert_eq!(sum, Sum { passed, failed });
    }

    fn outcome_of(script: &str, limit: Duration) -> Outcome {
        let mut outcome = Outcome::default();
        let mut command = Command::new("sh");
        outcome.run(command.args(["-c", script]), limit).unwrap();
        outcome
    }

    #[test]
    fn a_crash_and_a_hang_count_as_one_failure() {
        let (passed, failed) = (1, 1);
        let said = "echo 'test result: ok. 1 passed; 0 failed'";
        for (end, limit, why) in [
            ("kill -9 $$", LIMIT, "signal: 9"),
            ("sleep 60", Duration::from_secs(1), "1 s"),
        ] {
            let outcome = outcome_of(&format!("{said}; {end}"), limit);
            assert_eq!(outcome.sum, Sum { passed, failed }, "{end}");
            let [told] = &outcome.failures[..] else {
                panic!("{:?}", outcome.failures)
            };
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn what_a_harness_leaves_behind_keeps_nobody_waiting() {
        let since = Instant::now();
        let said = "sleep 60 & echo 'test result: ok. 1 passed; 0 failed'";
        let outcome = outcome_of(said, LIMIT);
        let (passed, failed) = (1, 0);
        assert_eq!(outcome.sum, Sum { passed, failed });
        assert!(since.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn what_failed_is_told_in_the_end() {
        let libtest = [
            "test a ... FAILED",
            "test b ... ok",
            "failures:",
            "---- a stdout ----",
            "left: 1",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored",
        ];
        let node = [
            "ok 1 - b",
            "not ok 2 - c",
            "  error: 'no'",
            "ok 3 - d",
            "# fail 1",
        ];
        let said = [&libtest[..], &node].concat().join("\n");
        let outcome = outcome_of(&format!("cat <<'END'\n{said}\nEND\nexit 1"), LIMIT);
        let expected = [
            "failures:",
            "---- a stdout ----",
            "left: 1",
            "not ok 2 - c",
            "  error: 'no'",
        ];
        assert_eq!(outcome.failures[..5], expected);
        assert!(outcome.failures[5].contains("exit status: 1"));
        let (passed, failed) = (1, 2);
        assert_eq!(outcome.sum, Sum { passed, failed });
    }
}
