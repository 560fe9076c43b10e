//! The entry on AWS Lambda.

use openclaw_aws::{Endpoints, Mode, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run(
        Endpoints::with_models(openclaw_function_inference::router).sealing(),
        Mode::Streaming,
    )
}
