//! Who settles what a killed function left, and that a request which only seemed dead is
//! accounted all the same.

use crate::fixture::*;
use bytes::Bytes;
use futures_executor::block_on;
use futures_util::{FutureExt, future::pending};
use openclaw_core::{
    BoxFuture, Clock, Code, Error, Ledger, Ports, StoreError, Timestamp,
    ledger::{Durable, Item, Outcome, Step, Value, When},
    time::shift,
};
use openclaw_testkit::{Fakes, ManualClock};
use openclaw_usage::{
    LEASE, RENEW, Reservation, Settlement, Spender, Status, Swept, UsageRow, Waited, settle_orphans,
};
use proptest::prelude::*;
use std::{
    collections::BTreeMap,
    mem::forget,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

const SECOND: Duration = Duration::from_secs(1);

/// As a Worker's alarm does it.
fn sweep(fakes: &Fakes) -> Swept {
    let now = fakes.clock.now();
    block_on(settle_orphans(&*fakes.ledger, ACCOUNT, now, now)).unwrap()
}

fn stored(fakes: &Fakes, request: &str) -> (Reservation, Bytes) {
    let key = format!("gate#r/{request}");
    let item = block_on(fakes.ledger.get(ACCOUNT, &key)).unwrap().unwrap();
    let document = item.document().unwrap().clone();
    (serde_json::from_slice(&document).unwrap(), document)
}

/// Looks for something to do, as a stream does at every write.
fn pass_by(settlement: &mut Settlement) {
    block_on(settlement.within(SECOND, std::future::ready(())));
}

/// A clock at which waiting takes no time.
fn jumping() -> Fakes {
    Fakes::new(ManualClock::jumping(ManualClock::default().now()))
}

fn row(fakes: &Fakes) -> UsageRow {
    let [row] = &rows(fakes)[..] else {
        panic!("one row")
    };
    row.clone()
}

#[test]
fn a_sweep_takes_whose_lease_has_ended_and_says_when_to_come_again() {
    let fakes = Fakes::default();
    let start = fakes.clock.now();
    forget(free(&fakes, "req_1"));
    fakes.clock.advance(20 * SECOND);
    forget(free(&fakes, "req_2"));
    forget(free(&fakes, "req_3"));
    let next = |settled, seconds: Option<i64>| Swept {
        settled,
        next: seconds.map(|seconds| shift(start, seconds)),
    };
    assert_eq!(sweep(&fakes), next(0, Some(45)));
    fakes.clock.advance(24 * SECOND);
    assert_eq!(sweep(&fakes), next(0, Some(45)));
    fakes.clock.advance(SECOND);
    assert_eq!(sweep(&fakes), next(1, Some(65)));
    fakes.clock.advance(20 * SECOND);
    assert_eq!(sweep(&fakes), next(2, None));
    assert_eq!(sweep(&fakes), next(0, None));
    assert_eq!(
        (rows(&fakes).len(), total(&fakes).totals.total_requests),
        (3, 3)
    );
}

#[test]
fn who_knows_that_nobody_else_is_there_settles_all_at_once() {
    let fakes = Fakes::default();
    forget(free(&fakes, "req_1"));
    let now = fakes.clock.now();
    let all = settle_orphans(&*fakes.ledger, ACCOUNT, Timestamp::MAX, now);
    let (settled, next) = (1, None);
    assert_eq!(block_on(all).unwrap(), Swept { settled, next });
}

#[test]
fn a_request_that_waits_renews_its_lease_and_a_short_one_writes_nothing() {
    let fakes = jumping();
    let start = fakes.clock.now();
    let mut settlement = free(&fakes, "req_1");
    let (admitted, document) = stored(&fakes, "req_1");
    assert_eq!(admitted.lease(), start.checked_add(LEASE).unwrap());
    assert!(!String::from_utf8_lossy(&document).contains("renewal"));
    block_on(settlement.within(14 * SECOND, pending::<()>()));
    assert_eq!(stored(&fakes, "req_1").1, document);
    // Every 15 s, however the waits are cut.
    block_on(settlement.within(2 * SECOND, pending::<()>()));
    assert_eq!(stored(&fakes, "req_1").0.lease(), shift(start, 15 + 45));
    block_on(settlement.within(100 * SECOND, pending::<()>()));
    assert_eq!(fakes.clock.now(), shift(start, 116));
    assert_eq!(stored(&fakes, "req_1").0.lease(), shift(start, 105 + 45));
    assert_eq!(sweep(&fakes).settled, 0);
    drop(settlement);
    assert_eq!(reserved(&fakes), 0);
}

#[test]
fn what_was_generated_until_the_last_renewal_is_settled_by_the_sweep() {
    let fakes = Fakes::default();
    let mut settlement = free(&fakes, "req_1");
    let dearer = serde_json::from_str(r#"{"prompt":0.01,"completion":0.02}"#).unwrap();
    settlement.calling();
    settlement.served_by("fallback", "m2", &dearer);
    settlement.generated(5);
    fakes.clock.advance(RENEW);
    pass_by(&mut settlement);
    settlement.generated(100);
    forget(settlement);
    fakes.clock.advance(LEASE);
    assert_eq!(sweep(&fakes).settled, 1);
    let row = row(&fakes);
    let usage = (row.usage.prompt(), row.usage.completion());
    assert_eq!((usage, row.cost), ((7, 5), 7 * 10_000 + 5 * 20_000));
    assert_eq!(row.provider.as_deref(), Some("fallback"));
    assert!(row.estimated && row.status == Status::Interrupted);
    assert_eq!(row.duration_ms, 60_000);
}

#[test]
fn what_the_provider_counted_is_no_estimate_to_a_sweep_either() {
    let fakes = Fakes::default();
    let mut settlement = free(&fakes, "req_1");
    settlement.calling();
    let usage = counts(10, 5);
    settlement.counted(usage);
    fakes.clock.advance(RENEW);
    pass_by(&mut settlement);
    forget(settlement);
    fakes.clock.advance(LEASE);
    assert_eq!(sweep(&fakes).settled, 1);
    assert_eq!((row(&fakes).usage, row(&fakes).estimated), (usage, false));
}

#[test]
fn a_reservation_of_an_earlier_version_is_settled() {
    let fakes = Fakes::default();
    let document = br#"{"request":"req_1","key":"key_1","model":"vendor/model",
        "pricing":{"prompt":0.001,"completion":0.002},"started":"2026-02-28T11:00:00.5Z",
        "prompt_tokens":7,"reserved":9000}"#;
    let put = Step::Put {
        key: "gate#r/req_1".into(),
        document: Bytes::from_static(document),
        when: When::Always,
        expires: None,
    };
    block_on(fakes.ledger.transact(ACCOUNT, vec![put])).unwrap();
    assert_eq!(sweep(&fakes).settled, 1);
    let row = row(&fakes);
    assert_eq!((row.cost, row.estimated, row.provider), (7_000, true, None));
}

/// A ledger whose renewals fail, or never come back.
struct NoRenewals {
    inner: Arc<dyn Ledger>,
    hangs: bool,
    asked: AtomicUsize,
}

impl Ledger for NoRenewals {
    fn transact<'a>(
        &'a self,
        account: &'a str,
        steps: Vec<Step>,
    ) -> BoxFuture<'a, Result<Outcome, StoreError>> {
        if !matches!(&steps[..], [Step::Put { .. }]) {
            return self.inner.transact(account, steps);
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.hangs {
            return pending().boxed();
        }
        async { Err(StoreError::Fault("out of order".into())) }.boxed()
    }

    fn query<'a>(
        &'a self,
        account: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, Item)>, StoreError>> {
        self.inner.query(account, prefix, after, limit)
    }
}

#[test]
fn a_renewal_that_fails_or_hangs_breaks_nothing_and_is_tried_again() {
    for hangs in [false, true] {
        let fakes = jumping();
        let ledger = Arc::new(NoRenewals {
            inner: fakes.ledger.clone(),
            hangs,
            asked: AtomicUsize::default(),
        });
        let ports = Ports {
            ledger: ledger.clone(),
            ..fakes.ports()
        };
        forget(free(&fakes, "req_1"));
        let reservation = stored(&fakes, "req_1").0;
        let totals = Arc::default();
        let mut settlement =
            Settlement::new(ports, totals, ACCOUNT.into(), reservation, Durable::now());
        let mut answer = fakes.clock.sleep(SECOND);
        block_on(settlement.within(40 * SECOND, pending::<()>()));
        assert_eq!(ledger.asked.load(Ordering::Relaxed), 2, "hangs: {hangs}");
        block_on(settlement.finish(&mut answer)).unwrap();
        block_on(settlement.settle(Status::Completed)).unwrap();
        assert_eq!(row(&fakes).status, Status::Completed);
    }
}

#[test]
fn a_caller_that_may_not_go_on_is_refused_at_the_next_renewal() {
    let fakes = jumping();
    let allowed = Arc::new(AtomicBool::new(true));
    let check = {
        let (clock, allowed) = (fakes.clock.clone(), allowed.clone());
        move || {
            // As long as a look into a ledger takes.
            let looked = clock.sleep(Duration::from_millis(20));
            let allowed = allowed.load(Ordering::Relaxed);
            let refused = Error::new(Code::Unauthorized, "revoked");
            async move {
                looked.await;
                (!allowed).then_some(refused)
            }
            .boxed()
        }
    };
    let mut settlement = free(&fakes, "req_1").checked_by(check);
    settlement.calling();
    let waited = block_on(settlement.within(40 * SECOND, pending::<()>()));
    assert!(matches!(waited, Waited::Elapsed));
    allowed.store(false, Ordering::Relaxed);
    let error = block_on(settlement.finish(pending::<()>())).unwrap_err();
    assert_eq!(error.code, Code::Unauthorized);
    // Renewals are at 15, 30 and 45 s.
    let waited =
        fakes.clock.now().as_millisecond() - stored(&fakes, "req_1").0.started.as_millisecond();
    assert!((45_000..46_000).contains(&waited), "{waited} ms");
    block_on(settlement.settle(Status::Interrupted)).unwrap();
    let row = row(&fakes);
    assert_eq!(
        (row.usage.prompt(), row.estimated),
        (7, true),
        "the call may be billed"
    );
}

/// What happens to a request besides its end.
#[derive(Clone, Copy, Debug)]
enum Event {
    Wait(u8),
    Generate(u64),
    Count(u64),
    PassBy,
    Sweep,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (1..60u8).prop_map(Event::Wait),
        (0..50u64).prop_map(Event::Generate),
        (0..50u64).prop_map(Event::Count),
        Just(Event::PassBy),
        Just(Event::Sweep),
    ]
}

/// All that the ledger holds of requests in the end. A counter that came to 0 is as none, and so are sums
/// that have none left.
fn booked(fakes: &Fakes) -> BTreeMap<String, String> {
    let items = block_on(fakes.ledger.query(ACCOUNT, "", None, 100)).unwrap();
    let shown = |value: Value| match value {
        Value::Document(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        Value::Counters(mut counters) => {
            counters.retain(|_, count| *count != 0);
            format!("{counters:?}")
        }
    };
    items
        .into_iter()
        .map(|(key, item)| (key, shown(item.value)))
        .filter(|(key, shown)| !(key.starts_with("sum/") && shown == "{}"))
        .collect()
}

/// One request with a budget through `events` and to its end; whether a sweep took it.
fn live(events: &[Event], end: Option<Status>, sweeps: bool) -> (BTreeMap<String, String>, usize) {
    let (fakes, mut swept) = (Fakes::default(), 0);
    let (account, key) = (account(Some(1_000_000)), key(None));
    let spender = Spender {
        account: &account,
        key: &key,
    };
    let mut settlement = admit(&fakes, "req_1", 60_000, spender).unwrap();
    settlement.calling();
    settlement.served_by("openai", "m", &pricing());
    for event in events {
        match *event {
            Event::Wait(seconds) => fakes.clock.advance(SECOND * u32::from(seconds)),
            Event::Generate(tokens) => settlement.generated(tokens),
            Event::Count(completion_tokens) => settlement.counted(counts(9, completion_tokens)),
            Event::PassBy => pass_by(&mut settlement),
            Event::Sweep if sweeps => swept += sweep(&fakes).settled,
            Event::Sweep => {}
        }
    }
    match end {
        Some(status) => block_on(settlement.settle(status)).unwrap(),
        None => drop(settlement),
    }
    (booked(&fakes), swept)
}

#[test]
fn a_request_that_only_seemed_dead_is_accounted_as_if_nothing_had_been() {
    use Event::*;
    let silent = [Generate(3), Wait(50), Sweep, Sweep, Generate(4)];
    let renewed = [
        Wait(20),
        Generate(3),
        PassBy,
        Wait(44),
        Sweep,
        Wait(2),
        Sweep,
        PassBy,
        Sweep,
    ];
    for events in [&silent[..], &renewed[..]] {
        for end in [Some(Status::Completed), Some(Status::Failed), None] {
            let (with, swept) = live(events, end, true);
            assert_eq!(swept, 1, "{events:?}");
            assert_eq!(with, live(events, end, false).0, "{events:?} {end:?}");
            assert!(with.keys().all(|key| !key.starts_with("gate#r/")));
        }
    }
}

proptest! {
    #[test]
    fn sweeps_change_nothing_in_the_end(
        events in prop::collection::vec(event(), 0..12),
        end in prop::sample::select(vec![Some(Status::Completed), Some(Status::Failed), None]),
    ) {
        prop_assert_eq!(live(&events, end, true).0, live(&events, end, false).0);
    }
}
