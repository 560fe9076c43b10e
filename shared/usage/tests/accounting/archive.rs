//! Rows that have left the ledger: the log is the same, whoever has them.

use crate::fixture::*;
use futures_executor::block_on;
use futures_util::TryStreamExt;
use openclaw_core::{
    Blob, Clock, Ledger, Timestamp, id,
    ledger::{Step, When},
    queue::{Worked, work},
    time,
};
use openclaw_schema::usage::{RequestFilter, RequestView};
use openclaw_testkit::{Fakes, SeededRandom};
use openclaw_usage::{HOT_DAYS, Retention, Status, Upkeep, UsageRow, archived, request, requests};
use std::{collections::BTreeSet, time::Duration};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Stores the rows of `count` requests, one every `pause`, as settlements do, and advances the clock past
/// them; their ids, the oldest first.
fn history(fakes: &Fakes, count: u64, pause: Duration) -> Vec<String> {
    let random = SeededRandom::new(count);
    let mut ids = vec![];
    let mut steps = vec![];
    for at in 0..count {
        let now = fakes.clock.now();
        let request = id::timed(&random, now, "req_");
        let row = UsageRow {
            request: request.clone(),
            key: format!("key_{}", at % 7),
            model: "vendor/model".into(),
            provider: Some("openai".into()),
            status: [Status::Completed, Status::Failed][usize::from(at % 50 == 0)],
            cost: 1000,
            started: now,
            duration_ms: 10 + at % 900,
            ..UsageRow::default()
        };
        steps.push(Step::Put {
            key: format!("log/{}/{request}", id::backwards(now)),
            document: serde_json::to_vec(&row).unwrap().into(),
            when: When::Always,
            expires: Some(time::shift(now, HOT_DAYS * 24 * 3600)),
        });
        ids.push(request);
        if steps.len() == 20 {
            let together = std::mem::take(&mut steps);
            block_on(fakes.ledger.transact(ACCOUNT, together)).unwrap();
        }
        fakes.clock.advance(pause);
    }
    if !steps.is_empty() {
        block_on(fakes.ledger.transact(ACCOUNT, steps)).unwrap();
    }
    ids
}

/// All pages of the log.
fn log(fakes: &Fakes, filter: &RequestFilter) -> Vec<RequestView> {
    let ports = fakes.ports();
    let (mut all, mut after) = (vec![], None);
    loop {
        let page = RequestFilter {
            after: after.take(),
            ..filter.clone()
        };
        let page = requests(&ports, ACCOUNT, &page, 100, Retention::default());
        let page = block_on(page).unwrap();
        all.extend(page.data);
        if !page.has_more {
            return all;
        }
        after = page.last_id;
    }
}

fn ids_of(rows: &[RequestView]) -> Vec<&str> {
    rows.iter().rev().map(|row| &*row.id).collect()
}

fn in_ledger(fakes: &Fakes) -> usize {
    let (mut count, mut after) = (0, None::<String>);
    loop {
        let page = fakes.ledger.query(ACCOUNT, "log/", after.as_deref(), 1000);
        let page = block_on(page).unwrap();
        count += page.len();
        match page.last() {
            Some((last, _)) => after = Some(last.clone()),
            None => return count,
        }
    }
}

fn files(fakes: &Fakes) -> Vec<String> {
    block_on(fakes.blob.list(ACCOUNT)).unwrap()
}

#[test]
fn the_log_is_the_same_when_rows_are_in_files() {
    let fakes = Fakes::default();
    // Five days, 53 minutes apart: files of days, some rows in both places, some in the ledger only.
    let mut made = vec![];
    for rows in [40, 40, 40, 16] {
        made.extend(history(&fakes, rows, 53 * HOUR / 60));
        upkeep(&fakes);
    }
    assert!(in_ledger(&fakes) < made.len() * 2 / 3);
    assert_eq!(ids_of(&log(&fakes, &RequestFilter::default())), made);
    let failed = RequestFilter {
        status: Some(serde_json::from_str("\"failed\"").unwrap()),
        ..RequestFilter::default()
    };
    assert_eq!(
        ids_of(&log(&fakes, &failed)),
        [&*made[0], &made[40], &made[80], &made[120]]
    );
    let ports = fakes.ports();
    let find = |id: &str| block_on(request(&ports, ACCOUNT, id, Retention::default()));
    for id in [&made[0], &made[3], &made[70], &made[135]] {
        assert_eq!(find(id).unwrap().request.id, **id);
    }
    // Nobody's, though of a time that has rows.
    let at = id::time_of(&made[3], "req_").unwrap();
    assert!(find(&id::timed(&SeededRandom::new(99), at, "req_")).is_err());
    // A span in the middle of files.
    let start = id::time_of(&made[20], "req_").unwrap();
    let end = id::time_of(&made[40], "req_").unwrap();
    let span = RequestFilter {
        start: Some(start),
        end: Some(end),
        ..RequestFilter::default()
    };
    assert_eq!(ids_of(&log(&fakes, &span)), made[20..40]);
    // An export has what the ledger no longer has.
    let all = archived(&ports, ACCOUNT, Timestamp::MAX).try_collect::<Vec<_>>();
    let ids = BTreeSet::from_iter(block_on(all).unwrap().into_iter().map(|row| row.request));
    assert!(ids.contains(&made[0]) && ids.len() > made.len() / 2);
}

#[test]
fn files_go_when_their_time_is_over_and_the_job_with_them() {
    let fakes = Fakes::default();
    history(&fakes, 50, HOUR);
    upkeep(&fakes);
    // A crash left it between the store and the ledger.
    let day = time::day(fakes.clock.now());
    let orphan = format!("{ACCOUNT}/log/{day}/left");
    let source = futures_util::stream::iter([Ok("x".into())]);
    block_on(fakes.blob.put(&orphan, Box::pin(source))).unwrap();
    for _ in 0..29 {
        fakes.clock.advance(DAY);
        upkeep(&fakes);
    }
    assert!(files(&fakes).len() > 2);
    assert!(!log(&fakes, &RequestFilter::default()).is_empty());
    fakes.clock.advance(4 * DAY);
    assert!(log(&fakes, &RequestFilter::default()).is_empty());
    let ports = fakes.ports();
    let consumer = Upkeep::new(fakes.ports(), Retention::default());
    let job =
        openclaw_core::queue::Job::named(ACCOUNT, "usage-upkeep", "log", ports.clock.now(), &());
    let step = job.unwrap().step().unwrap();
    block_on(fakes.ledger.transact(ACCOUNT, vec![step])).unwrap();
    let look = || block_on(work(&ports, &consumer, ACCOUNT, "job/usage-upkeep/log")).unwrap();
    assert_eq!(look(), Worked::Done);
    assert_eq!(files(&fakes), Vec::<String>::new());
}

#[test]
fn the_first_request_of_a_day_asks_for_the_job_and_others_do_not() {
    let fakes = Fakes::default();
    let job = || block_on(fakes.ledger.get(ACCOUNT, "job/usage-upkeep/log")).unwrap();
    assert!(job().is_none());
    drop(free(&fakes, "req_1"));
    let first = job().unwrap();
    fakes.clock.advance(HOUR);
    drop(free(&fakes, "req_2"));
    assert_eq!(job(), Some(first), "a job that is there stays as it is");
}

#[test]
fn a_file_that_someone_else_wrote_meanwhile_is_not_written_twice() {
    let fakes = Fakes::default();
    let made = history(&fakes, 60, HOUR);
    // Two at once: one of them notes it, and the rows of the other are nobody's.
    std::thread::scope(|scope| {
        let both = [0, 1].map(|_| scope.spawn(|| upkeep_once(&fakes)));
        for one in both {
            one.join().unwrap();
        }
    });
    upkeep(&fakes);
    fakes.clock.advance(DAY);
    assert_eq!(ids_of(&log(&fakes, &RequestFilter::default())), made);
}

/// What a million take on a disk, `platforms/native/tests/history.rs` measures.
#[test]
fn an_account_with_many_rows_has_three_days_of_them_in_its_ledger() {
    let rows = 10_000;
    let fakes = Fakes::default();
    // Ten days.
    let pause = 10 * DAY / u32::try_from(rows).unwrap();
    let mut made = vec![];
    for _ in 0..10 {
        made.extend(history(&fakes, rows / 10, pause));
        upkeep(&fakes);
    }
    let left = in_ledger(&fakes);
    // Three days of ten, and what is younger than a file.
    assert!(left <= made.len() * 3 / 10 + 2, "{left} of {}", made.len());
    let largest = block_on(fakes.ledger.query(ACCOUNT, "archive/", None, 1000)).unwrap();
    let largest = largest
        .iter()
        .map(|(_, item)| item.document().unwrap().len());
    assert!(largest.max().unwrap() < 10_000);
    let ports = fakes.ports();
    for at in [0, 1, made.len() / 2, made.len() - 1] {
        let found = block_on(request(&ports, ACCOUNT, &made[at], Retention::default()));
        assert_eq!(found.unwrap().request.id, made[at]);
    }
    let middle = RequestFilter {
        after: Some(made[made.len() / 2].clone()),
        ..RequestFilter::default()
    };
    let page = requests(&ports, ACCOUNT, &middle, 100, Retention::default());
    let page = block_on(page).unwrap();
    let expected = made[made.len() / 2 - 100..made.len() / 2].iter();
    assert_eq!(ids_of(&page.data), Vec::from_iter(expected.map(|id| &**id)));
}
