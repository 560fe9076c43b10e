//! The entry on AWS Lambda. API Gateway sends it every path that no other function has, and with them those of
//! the dashboard.

use openclaw_aws::{Endpoints, Mode, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    let endpoints = Endpoints::with_models(|_| openclaw_function_health::router()).for_anybody();
    // A body with an encoding would be base64 to API Gateway.
    let beside = || openclaw_function_health::beside().merge(openclaw_dashboard::router(false));
    run(endpoints.beside(beside), Mode::Buffered)
}
