//! The entry on AWS Lambda.

use openclaw_aws::{Endpoints, Mode, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run(
        Endpoints::new(openclaw_function_files::router),
        Mode::Streaming,
    )
}
