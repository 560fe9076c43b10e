//! The entry on AWS Lambda.

use openclaw_aws::{Endpoints, Mode, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run(
        Endpoints::new(|_| openclaw_function_auth::router()).for_operator(),
        Mode::Buffered,
    )
}
