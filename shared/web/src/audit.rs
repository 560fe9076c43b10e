//! The audit log of the control plane: entries in the operator's partition, which nothing changes but the
//! status that a change ends with.

use crate::{App, RequestId};
use axum::extract::{MatchedPath, Request};
use http::StatusCode;
use openclaw_auth::OPERATOR;
use openclaw_core::{
    Result, Timestamp,
    documents::{apply, put_until, some},
    id,
    ledger::When,
    time::{DAY, shift},
};
use openclaw_schema::{
    audit::{Actor, AuditEntry, AuditFilter},
    list::{List, Page},
};
use std::net::IpAddr;

/// In the operator's partition: each entry, the newest first.
const ENTRIES: &str = "audit/";
/// What an id begins with; the rest is the entry's place.
const ID: &str = "aud_";
/// Days for which entries are kept: 13 months.
const KEPT: i64 = 400;
/// Entries that are read at a time.
const READ: usize = 200;
/// Entries that one request looks at, at most.
const LOOKED_AT: usize = 5000;

/// An entry whose change is being made.
pub(crate) struct Change(AuditEntry);

impl Change {
    /// What `request` asks for, by `actor`.
    pub(crate) fn new(app: &App, actor: Actor, request: &Request, address: Option<IpAddr>) -> Self {
        let (ports, extensions) = (&app.ports, request.extensions());
        let route = extensions.get::<MatchedPath>().map(MatchedPath::as_str);
        let path = request.uri().path();
        let at = ports.clock.now();
        Self(AuditEntry {
            id: id::new(&*ports.random, &format!("{ID}{}", place(at))),
            object: "audit.entry".into(),
            at,
            actor,
            action: format!("{} {}", request.method(), plain(route.unwrap_or(path))),
            path: plain(path).to_owned(),
            status: None,
            request: extensions
                .get()
                .map_or_else(String::new, |RequestId(id)| id.to_string()),
            address: address.map(|address| address.to_string()),
        })
    }

    /// Writes it, before it is made.
    pub(crate) async fn begin(&self, app: &App) -> Result<()> {
        write(app, &self.0, When::Absent).await
    }

    /// Writes what came of it. Where that fails, the log says so, and the entry stays without a status.
    pub(crate) async fn end(mut self, app: &App, status: StatusCode) {
        self.0.status = Some(status.as_u16());
        if let Err(error) = write(app, &self.0, When::Present).await {
            let id = &*self.0.id;
            tracing::error!(%error, id, "the end of a change is not in the audit log");
        }
    }
}

async fn write(app: &App, entry: &AuditEntry, when: When) -> Result<()> {
    let until = Some(shift(entry.at, KEPT * DAY));
    let key = format!("{ENTRIES}{}", entry.id.trim_start_matches(ID));
    let step = put_until(key, entry, when, until)?;
    apply(&*app.ports.ledger, OPERATOR, vec![step])
        .await
        .map(drop)
}

/// What sorts later moments first: 13 digits.
fn place(at: Timestamp) -> String {
    let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or_default();
    format!("{:013}", 9_999_999_999_999_u64.saturating_sub(milliseconds))
}

/// A path without its version.
fn plain(path: &str) -> &str {
    let path = path.strip_prefix("/api").unwrap_or(path);
    path.strip_prefix("/v1").unwrap_or(path)
}

/// The entries that `filter` allows, the newest first; of the newest 5,000 after `page.after`.
pub async fn audit_log(app: &App, filter: &AuditFilter, page: &Page) -> Result<List<AuditEntry>> {
    let mut after = page
        .after
        .as_deref()
        .map(|id| id.trim_start_matches(ID).to_owned());
    if let (None, Some(until)) = (&after, filter.until) {
        after = Some(place(until));
    }
    let (mut found, mut looked_at) = (vec![], 0);
    while looked_at < LOOKED_AT && found.len() <= page.limit {
        let ledger = &*app.ports.ledger;
        let read: Vec<AuditEntry> = some(ledger, OPERATOR, ENTRIES, after.as_deref(), READ).await?;
        looked_at += read.len();
        let is_last = read.len() < READ;
        after = read
            .last()
            .map(|entry| entry.id.trim_start_matches(ID).to_owned());
        found.extend(read.into_iter().filter(|entry| filter.allows(entry)));
        if is_last {
            break;
        }
    }
    Ok(List::page(found, page))
}
