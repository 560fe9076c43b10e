//! The entry on AWS Lambda.

use openclaw_aws::{Endpoints, run_sockets};
use openclaw_function_realtime::Realtime;
use openclaw_web::{App, Routes};
use std::process::ExitCode;

fn main() -> ExitCode {
    run_sockets(Endpoints::with_models(routes), Realtime)
}

/// What a request on the WebSocket may call is here as well.
fn routes(app: &App) -> Routes {
    openclaw_function_realtime::router().merge(openclaw_function_chat::router(app))
}
