//! The entry on AWS Lambda.

use openclaw_aws::{Endpoints, Mode, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run(
        Endpoints::with_models(|_| openclaw_function_health::router()),
        Mode::Buffered,
    )
}
