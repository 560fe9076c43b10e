//! The entry on AWS Lambda.

use openclaw_aws::{Endpoints, Mode, run};
use openclaw_function_files::{consumers, router};
use std::process::ExitCode;

fn main() -> ExitCode {
    run(Endpoints::new(router).consuming(consumers), Mode::Streaming)
}
