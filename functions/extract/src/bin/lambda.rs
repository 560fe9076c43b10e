//! The entry on AWS Lambda.

use openclaw_aws::{Endpoints, Mode, run};
use openclaw_function_extract::{InProcess, consumer, router};
use openclaw_web::{App, Consumers};
use std::{process::ExitCode, sync::Arc};

/// What the function's 2 GB have room for: as much as natively.
const MAX_BYTES: u64 = 64 << 20;

fn main() -> ExitCode {
    let endpoints = Endpoints::new(router).for_anybody();
    run(endpoints.consuming(consumers), Mode::Buffered)
}

fn consumers(app: &App) -> Consumers {
    vec![consumer(app, Arc::new(InProcess::new(MAX_BYTES)))]
}
