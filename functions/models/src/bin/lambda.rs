//! The entry on AWS Lambda.

use openclaw_aws::{Endpoints, Mode, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run(
        Endpoints::with_models(openclaw_function_models::router)
            .for_operator()
            .sealing(),
        Mode::Buffered,
    )
}
