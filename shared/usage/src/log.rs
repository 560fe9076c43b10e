//! The request log: an account's rows, the newest first.

use crate::{
    Attempt, HOT_DAYS, Retention, Status, UsageRow,
    archive::Archived,
    row::{LOG, REQUEST},
};
use openclaw_core::{
    Code, Error, Money, Ports, Result, Timestamp,
    documents::{decode, document},
    id,
    ledger::{Item, Pages},
    time::{self, DAY, MINUTE},
};
use openclaw_schema::usage::{
    AttemptView, RequestDetail, RequestFilter, RequestList, RequestView, StatusFilter, TokenClasses,
};
use std::collections::VecDeque;

/// Rows that are read at a time.
const READ: usize = 250;

/// Rows that one request looks at, at most.
const LOOKED_AT: usize = 5000;

/// How much later than its id a request may have been admitted, in seconds: its body comes in between.
const SLACK: i64 = 15 * MINUTE;

/// A page of the log that `filter` allows, at most `limit` rows.
pub async fn requests(
    ports: &Ports,
    account: &str,
    filter: &RequestFilter,
    limit: usize,
    kept: Retention,
) -> Result<RequestList> {
    let mut page = Page::default();
    match &filter.request_id {
        Some(id) => {
            let found = find(ports, account, id, kept).await?;
            page.rows.extend(found.filter(|row| allows(filter, row)));
        }
        None => page.read(ports, account, filter, limit, kept).await?,
    }
    Ok(RequestList {
        object: "list",
        data: page.rows.into_iter().map(view).collect(),
        has_more: page.has_more,
        last_id: page.last_id,
        kept_days: kept.request_days,
    })
}

/// One request with its attempts; 404.
pub async fn request(
    ports: &Ports,
    account: &str,
    id: &str,
    kept: Retention,
) -> Result<RequestDetail> {
    let Some(mut row) = find(ports, account, id, kept).await? else {
        let days = kept.request_days;
        let message =
            format_args!("request '{id}' (requests are kept for {days} days)").to_string();
        return Err(Error::not_found(message));
    };
    let attempts = std::mem::take(&mut row.attempts);
    let cost_by_class = row.costs.dollars();
    let retries = attempts.len().saturating_sub(1);
    Ok(RequestDetail {
        attempts: attempts.into_iter().map(attempt_view).collect(),
        cost_by_class,
        request: RequestView {
            retries,
            ..view(row)
        },
    })
}

/// The row of a request whose id tells its time.
async fn find(ports: &Ports, account: &str, id: &str, kept: Retention) -> Result<Option<UsageRow>> {
    let Some(at) = id::time_of(id, REQUEST) else {
        return Ok(None);
    };
    let time = id::backwards(at);
    let key = format!("{LOG}{time}/{id}");
    if let Some(found) = ports.ledger.get(account, &key).await? {
        return read(&found).map(Some);
    }
    let now = ports.clock.now();
    if at > cold(now) {
        return Ok(None);
    }
    let mut archived = Archived::after(ports, account, time);
    while let Some((found, row)) = archived.next().await? {
        if found >= key {
            return Ok(Some(row).filter(|row| found == key && is_kept(row, kept, now)));
        }
    }
    Ok(None)
}

/// Requests that were made after this are in the ledger.
fn cold(now: Timestamp) -> Timestamp {
    time::shift(now, SLACK - HOT_DAYS * DAY)
}

fn is_kept(row: &UsageRow, kept: Retention, now: Timestamp) -> bool {
    now < time::shift(row.started, kept.request_days * DAY)
}

fn read(item: &Item) -> Result<UsageRow> {
    decode(document(item)?)
}

/// The rows of an account, the newest first, wherever they are.
struct Rows<'a> {
    /// Rows after this key may be in files.
    cold: String,
    /// Of the ledger: what is to be read, and what was.
    pages: Pages<'a>,
    read: VecDeque<(String, Item)>,
    archived: Archived,
    /// The next row of the files, where it was looked at.
    next: Option<(String, UsageRow)>,
}

impl<'a> Rows<'a> {
    /// Those after the key `after`.
    fn after(ports: &'a Ports, account: &'a str, after: Option<String>) -> Self {
        let cold = id::backwards(cold(ports.clock.now()));
        let start = after.as_ref().map(|after| after[LOG.len()..].to_owned());
        let start = start.filter(|start| *start > cold);
        let start = start.unwrap_or_else(|| cold.clone());
        Self {
            cold: format!("{LOG}{cold}"),
            pages: Pages::new(&*ports.ledger, account, LOG, after, READ),
            read: VecDeque::new(),
            archived: Archived::after(ports, account, start),
            next: None,
        }
    }

    async fn next(&mut self) -> Result<Option<(String, UsageRow)>> {
        if self.read.is_empty()
            && let Some(page) = self.pages.next().await?
        {
            self.read.extend(page);
        }
        // What the ledger has is younger than what it no longer has, but for rows that are in both.
        let Some((key, item)) = self.read.pop_front() else {
            return match self.next.take() {
                Some(next) => Ok(Some(next)),
                None => self.archived.next().await,
            };
        };
        if key < self.cold {
            return Ok(Some((key, read(&item)?)));
        }
        if self.next.is_none() {
            self.next = self.archived.next().await?;
        }
        match self.next.take() {
            Some(next) if next.0 < key => {
                self.read.push_front((key, item));
                Ok(Some(next))
            }
            Some(next) => {
                self.next = Some(next).filter(|next| next.0 != key);
                Ok(Some((key, read(&item)?)))
            }
            None => Ok(Some((key, read(&item)?))),
        }
    }
}

#[derive(Default)]
struct Page {
    rows: Vec<UsageRow>,
    has_more: bool,
    last_id: Option<String>,
}

impl Page {
    async fn read(
        &mut self,
        ports: &Ports,
        account: &str,
        filter: &RequestFilter,
        limit: usize,
        kept: Retention,
    ) -> Result<()> {
        let after = match (&filter.after, filter.end) {
            (Some(cursor), _) => Some(key_of(cursor)?),
            // Sorts after all that were made at that millisecond.
            (None, Some(end)) => Some(format!("{LOG}{}~", id::backwards(end))),
            (None, None) => None,
        };
        let oldest = filter.start.map(|start| {
            let start = time::shift(start, -SLACK);
            format!("{LOG}{}~", id::backwards(start))
        });
        let now = ports.clock.now();
        let mut rows = Rows::after(ports, account, after);
        let mut looked_at = 0;
        while let Some((key, row)) = rows.next().await? {
            if oldest.as_ref().is_some_and(|oldest| key > *oldest) {
                return Ok(());
            }
            looked_at += 1;
            let is_shown = allows(filter, &row) && is_kept(&row, kept, now);
            if self.rows.len() == limit || looked_at > LOOKED_AT {
                // There is one more to look at, at least.
                self.has_more |= is_shown || looked_at > LOOKED_AT;
                if self.has_more {
                    return Ok(());
                }
                continue;
            }
            self.last_id = Some(cursor_of(&key));
            if is_shown {
                self.rows.push(row);
            }
        }
        Ok(())
    }
}

/// The cursor of a key: the request's id where that says when it was, else what follows the prefix.
fn cursor_of(key: &str) -> String {
    let rest = &key[LOG.len()..];
    match rest.split_once('/') {
        Some((_, id)) if id::time_of(id, REQUEST).is_some() => id.to_owned(),
        _ => rest.to_owned(),
    }
}

fn key_of(cursor: &str) -> Result<String> {
    match id::time_of(cursor, REQUEST) {
        Some(at) => Ok(format!("{LOG}{}/{cursor}", id::backwards(at))),
        None if cursor.contains('/') && cursor.len() < 200 => Ok(format!("{LOG}{cursor}")),
        None => Err(Error::invalid(
            "after",
            "must be the id of a request, or last_id",
        )),
    }
}

fn allows(filter: &RequestFilter, row: &UsageRow) -> bool {
    let is = |wanted: &Option<String>, found: Option<&str>| {
        wanted.is_none() || wanted.as_deref() == found
    };
    let status = match &filter.status {
        None => true,
        Some(StatusFilter::Word(word)) => *word == row.status.as_str(),
        Some(StatusFilter::Http(status)) => *status == http_status(row),
    };
    status
        && (is(&filter.model, Some(&row.model)) || is(&filter.model, row.served_model.as_deref()))
        && is(&filter.provider, row.provider.as_deref())
        && is(&filter.key, Some(&row.key))
        && is(&filter.code, row.code.as_deref())
        && is(&filter.endpoint, Some(row.endpoint.as_str()))
        && is(&filter.user, row.user.as_deref())
        && is(&filter.run, row.run.as_deref())
        && filter.start.is_none_or(|start| start <= row.started)
        && filter.end.is_none_or(|end| row.started < end)
}

/// The status of the answer. A stream that failed after it had begun was a 200.
fn http_status(row: &UsageRow) -> u16 {
    match row.status {
        Status::Completed => 200,
        Status::Interrupted => 499,
        Status::Failed if row.first_token_ms.is_some() => 200,
        Status::Failed => {
            let code = row.code.as_deref().and_then(Code::named);
            code.unwrap_or(Code::Internal).status()
        }
    }
}

fn view(row: UsageRow) -> RequestView {
    let usage = &row.usage;
    let told = Option::unwrap_or_default;
    let token_classes = TokenClasses {
        cached: told(usage.cached_tokens),
        cache_write: told(usage.cache_write_tokens),
        cache_write_1h: told(usage.cache_write_1h_tokens),
        audio_prompt: told(usage.audio_prompt_tokens),
        image: told(usage.image_tokens),
        reasoning: told(usage.reasoning_tokens),
        audio_completion: told(usage.audio_completion_tokens),
    };
    RequestView {
        object: "analytics.request",
        created_at: millisecond(row.started),
        endpoint: row.endpoint.as_str().into(),
        status: row.status.as_str(),
        http_status: http_status(&row),
        fallback: row.is_fallback(),
        retries: row.retries(),
        prompt_tokens: usage.prompt(),
        completion_tokens: usage.completion(),
        token_classes,
        estimated: row.estimated,
        cost: Money::from_nanos(row.cost),
        first_token_ms: row.first_token_ms,
        duration_ms: row.duration_ms,
        stream: row.stream,
        cache: row.cache,
        id: row.request,
        key: row.key,
        model: Some(row.model).filter(|model| !model.is_empty()),
        served_model: row.served_model,
        provider: row.provider,
        code: row.code,
        trace_id: row.trace,
        run: row.run,
        user: row.user,
        metadata: row.metadata,
    }
}

fn attempt_view(attempt: Attempt) -> AttemptView {
    let Attempt {
        provider,
        model,
        status,
        code,
        duration_ms,
        span: _,
    } = attempt;
    AttemptView {
        provider,
        model,
        status,
        code,
        duration_ms,
    }
}

/// `at` without what is finer than a millisecond.
fn millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
