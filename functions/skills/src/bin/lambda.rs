//! The entry on AWS Lambda.

use openclaw_aws::{Endpoints, Mode, run};
use openclaw_web::{App, InProcess, Routes};
use std::{process::ExitCode, sync::Arc};

fn main() -> ExitCode {
    run(Endpoints::with_models(routes).sealing(), Mode::Streaming)
}

/// What a prompt skill calls is here as well.
fn routes(app: &App) -> Routes {
    let chat = InProcess::new(app, openclaw_function_chat::router(app));
    openclaw_function_skills::router(app, Arc::new(chat))
}
