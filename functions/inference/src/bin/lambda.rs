//! The entry on AWS Lambda.

use openclaw_aws::{Endpoints, Mode, run};
use openclaw_function_inference::{consumers, router};
use std::process::ExitCode;

fn main() -> ExitCode {
    let endpoints = Endpoints::with_models(router)
        .sealing()
        .consuming(consumers);
    run(endpoints, Mode::Streaming)
}
