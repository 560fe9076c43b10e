//! The entry on AWS Lambda.

use openclaw_aws::{Endpoints, Mode, run};
use openclaw_function_webhooks::{consumers, router};
use std::process::ExitCode;

fn main() -> ExitCode {
    let endpoints = Endpoints::new(router).sealing().consuming(consumers);
    run(endpoints, Mode::Buffered)
}
