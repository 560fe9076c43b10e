//! The entry on AWS Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    openclaw_aws::run_dispatcher()
}
