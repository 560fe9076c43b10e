//! The entry on AWS Lambda.

use openclaw_aws::{Endpoints, Mode, run};
use openclaw_function_workflows::router;
use openclaw_web::{App, Consumers, InProcess, Routes};
use std::{process::ExitCode, sync::Arc};

fn main() -> ExitCode {
    let endpoints = Endpoints::with_models(router)
        .sealing()
        .consuming(consumers);
    run(endpoints, Mode::Streaming)
}

/// What steps call is here as well.
fn consumers(app: &App) -> Consumers {
    let chat = || openclaw_function_chat::router(app);
    let for_skills = Arc::new(InProcess::new(app, chat()));
    let routes = Routes::new()
        .merge(chat())
        .merge(openclaw_function_skills::router(app, for_skills));
    openclaw_function_workflows::consumers(app, Arc::new(InProcess::new(app, routes)))
}
