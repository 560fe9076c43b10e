//! Endpoints that a provider has, too: a request goes there as it came but for the model's name, and
//! the answer comes back as it is but for what it cost.
//!
//! [`ROWS`] says what is read of a request: what its prompt is, which bounds what it can cost, and how
//! often the model's fixed price counts. `/completions` streams as a chat does, and has a file of its
//! own; `/audio/transcriptions` is a form.

mod completions;
mod forms;
mod read;
mod table;
mod transcribe;

pub(crate) use completions::create_completion;
pub(crate) use transcribe::transcribe;

use self::{
    read::{Read, answer_format},
    table::{ROWS, Row},
};
use axum::{Extension, extract::State, response::Response, routing::post};
use openclaw_chat::{PreparedChat, forward};
use openclaw_web::{App, RawJson, RequestId, RequestQuota, Result, Routes};

/// A route for each row.
pub(crate) fn routes() -> Routes {
    ROWS.iter().fold(Routes::new(), |routes, row| {
        let handler = move |state, gate, id, body| forward_row(row, state, gate, id, body);
        routes.route(row.path, post(handler))
    })
}

async fn forward_row(
    row: &'static Row,
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    id: RequestId,
    RawJson(body): RawJson,
) -> Result<Response> {
    let asked = Read::of(row, &body)?.asked(row);
    let prepared = PreparedChat::forward(&app, &gate, &id, asked)?;
    let admitted = prepared.admit(&gate).await?;
    forward(&app, admitted, answer_format(row)).await
}
