//! The entry on AWS Lambda.

use openclaw_aws::{Mode, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run(|_| openclaw_function_auth::router(), Mode::Buffered)
}
