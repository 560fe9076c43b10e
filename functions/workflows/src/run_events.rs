//! What happens in a run, as it happens.

use crate::context::WorkflowsContext;
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, header};
use openclaw_core::{Error, Timestamp};
use openclaw_web::{App, Id, RequestQuota, Result, streamed};
use openclaw_workflows::{Entry, Program, Workflows, shown_event};
use std::{collections::VecDeque, time::Duration};

/// How often is looked for what has happened: first, and at last where nothing does.
const LOOK_FIRST: Duration = Duration::from_millis(100);
const LOOK_LAST: Duration = Duration::from_secs(1);

/// Silence after which a comment is sent.
const HEARTBEAT: Duration = Duration::from_secs(15);

const PING: &[u8] = b": ping\n\n";
const DONE: &[u8] = b"data: [DONE]\n\n";

/// Server-sent events, each with its number as `id`; `Last-Event-ID` says which is known already. 400, 404.
pub(crate) async fn get_events(
    State(app): State<App>,
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response> {
    let last = headers.get("last-event-id");
    let last = last.map(|last| last.to_str().ok().and_then(|last| last.parse::<u64>().ok()));
    let from = match last {
        None => 0,
        Some(Some(last)) => last.saturating_add(1),
        Some(None) => {
            let issue = "must be the id of an event of this run";
            return Err(Error::invalid("Last-Event-ID", issue).into());
        }
    };
    let account = quota.caller().account.id.clone();
    workflows.run(&account, &id).await?;
    watched(&app, workflows, account, id, from).await
}

/// What happens in a run from that entry on, to its end.
pub(crate) async fn watched(
    app: &App,
    workflows: Workflows,
    account: String,
    run: String,
    from: u64,
) -> Result<Response> {
    let program = workflows.program(&account, &run).await?;
    let watch = Watch {
        app: app.clone(),
        workflows,
        account,
        run,
        program,
        next: from,
        ready: VecDeque::new(),
        pause: Duration::ZERO,
        wrote: app.ports.clock.now(),
        has_looked: false,
        is_over: false,
    };
    let writes = stream::unfold(watch, |mut watch| async move {
        let write = watch.write().await?;
        Some((write, watch))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Ok((headers, streamed(writes.boxed())).into_response())
}

/// A run that somebody watches.
struct Watch {
    app: App,
    workflows: Workflows,
    account: String,
    run: String,
    program: Program,
    next: u64,
    ready: VecDeque<(u64, Entry)>,
    pause: Duration,
    wrote: Timestamp,
    has_looked: bool,
    is_over: bool,
}

impl Watch {
    /// The next write; `None` after the end.
    async fn write(&mut self) -> Option<std::result::Result<Bytes, axum::Error>> {
        if self.is_over {
            return None;
        }
        let clock = self.app.ports.clock.clone();
        loop {
            if let Some((number, entry)) = self.ready.pop_front() {
                self.wrote = clock.now();
                return Some(self.event(number, &entry).map_err(axum::Error::new));
            }
            clock.sleep(self.pause).await;
            self.pause = (self.pause * 2).clamp(LOOK_FIRST, LOOK_LAST);
            match self.look().await {
                Ok(()) => {}
                Err(error) => return Some(Err(axum::Error::new(error))),
            }
            if self.is_over {
                return Some(Ok(Bytes::from_static(DONE)));
            }
            if self.ready.is_empty() && clock.now().duration_since(self.wrote) >= HEARTBEAT {
                self.wrote = clock.now();
                return Some(Ok(Bytes::from_static(PING)));
            }
        }
    }

    async fn look(&mut self) -> openclaw_core::Result<()> {
        let (account, run) = (&self.account, &self.run);
        // After the first look the next entry begins a document.
        let has_looked = std::mem::replace(&mut self.has_looked, true);
        if has_looked && !self.workflows.has_entry(account, run, self.next).await? {
            return Ok(());
        }
        let found = self.workflows.entries(account, run, self.next).await?;
        match found.last() {
            Some((last, _)) => {
                self.next = last + 1;
                self.pause = Duration::ZERO;
            }
            // Whoever knows the end already is told so.
            None => self.is_over = self.workflows.run(account, run).await?.status.is_end(),
        }
        self.ready.extend(found);
        Ok(())
    }

    fn event(&mut self, number: u64, entry: &Entry) -> openclaw_core::Result<Bytes> {
        let shown = shown_event(&self.run, &self.program, entry);
        let data = serde_json::to_string(&shown).map_err(Error::internal)?;
        let kind = entry.event.kind();
        let mut text = format!("id: {number}\nevent: {kind}\ndata: {data}\n\n").into_bytes();
        if entry.event.is_last() {
            self.is_over = true;
            text.extend_from_slice(DONE);
        }
        Ok(text.into())
    }
}
