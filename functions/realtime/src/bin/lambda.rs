//! The entry on AWS Lambda.

use openclaw_aws::{Endpoints, run_sockets};
use openclaw_function_realtime::Realtime;
use openclaw_web::{App, InProcess, Routes};
use std::{process::ExitCode, sync::Arc};

fn main() -> ExitCode {
    run_sockets(Endpoints::with_models(routes).sealing(), Realtime)
}

/// What a request on the WebSocket may call is here as well.
fn routes(app: &App) -> Routes {
    let chat = || openclaw_function_chat::router(app);
    let skills = openclaw_function_skills::router(app, Arc::new(InProcess::new(app, chat())));
    openclaw_function_realtime::router()
        .merge(chat())
        .merge(skills)
        .merge(openclaw_function_workflows::router(app))
}
