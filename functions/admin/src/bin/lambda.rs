//! The entry on AWS Lambda.

use openclaw_aws::{Mode, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run(openclaw_function_admin::router, Mode::Buffered)
}
