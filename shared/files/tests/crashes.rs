//! Processes that die at any of their operations, and clients that leave: no file is without its bytes, and in
//! the end no bytes are without a file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use futures_executor::block_on;
use futures_util::{
    FutureExt, StreamExt, TryStreamExt,
    future::{pending, ready},
    stream,
};
use openclaw_core::{
    Blob, BoxFuture, ByteStream, Clock, Code, Error, Ledger, Ports, Result,
    blob::BlobSource,
    queue::{Consumer, JOBS, JobState, topic_of, work},
};
use openclaw_files::{CleanUp, Files, Found, Inspect, ProcessFile};
use openclaw_schema::{
    account::Account,
    config::Limits,
    file::{FileStatus, ListFiles},
    upload::{CompleteUpload, CreateUpload},
};
use openclaw_testkit::{Fakes, Life, MortalBlob, MortalLedger, SeededRandom};
use std::{
    collections::BTreeSet,
    mem,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

const ACCOUNT: &str = "acct_1";
const BYTES: &str = "all of a file";
const FORM: Option<&str> = Some("multipart/form-data; boundary=x");

/// Takes every file for a text.
struct Reader;

impl Inspect for Reader {
    fn max_bytes(&self) -> u64 {
        1000
    }

    fn inspect<'a>(
        &'a self,
        _: &'a str,
        _: u64,
        bytes: ByteStream,
    ) -> BoxFuture<'a, Result<Result<Found, String>>> {
        async move {
            let whole: Vec<_> = bytes.try_collect().await.map_err(Error::internal)?;
            Ok(Ok(Found {
                content_type: "text/plain".into(),
                text: Some(String::from_utf8(whole.concat()).unwrap()),
            }))
        }
        .boxed()
    }
}

/// While it reads, the file's owner deletes it, and its bytes are removed.
struct Late(Ports);

impl Inspect for Late {
    fn max_bytes(&self) -> u64 {
        1000
    }

    fn inspect<'a>(
        &'a self,
        name: &'a str,
        size: u64,
        bytes: ByteStream,
    ) -> BoxFuture<'a, Result<Result<Found, String>>> {
        async move {
            let found = Reader.inspect(name, size, bytes).await;
            let (account, limits) = (account(), Limits::default());
            let files = Files::new(&self.0, &account, &limits);
            let all = files.list(&ListFiles::default()).await?.into_data();
            let id = &all[0].id;
            files.delete(id).await?;
            let clean_up = CleanUp::new(self.0.clone(), limits);
            let key = format!("{JOBS}file-cleanup/{id}");
            work(&self.0, &clean_up, ACCOUNT, &key).await?;
            assert!(self.0.blob.list(ACCOUNT).await?.is_empty());
            found
        }
        .boxed()
    }
}

/// Breaks over a file that says so.
struct Broken;

impl Inspect for Broken {
    fn max_bytes(&self) -> u64 {
        1000
    }

    fn inspect<'a>(
        &'a self,
        name: &'a str,
        size: u64,
        bytes: ByteStream,
    ) -> BoxFuture<'a, Result<Result<Found, String>>> {
        match name {
            "fails" => ready(Err(Error::internal("the process ended"))).boxed(),
            "dies" => pending().boxed(),
            _ => Reader.inspect(name, size, bytes),
        }
    }
}

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Nothing of it runs any more.
    Killed,
    /// It goes on, and no longer waits for what its ledger answers.
    ClientLeft,
}

/// Whether somebody wants to be polled again.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What `future` gives, unless it waits for what never comes.
fn until_stalled<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    loop {
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        if let Poll::Ready(made) = polled {
            return Some(made);
        }
        if !woken.0.swap(false, Ordering::SeqCst) {
            return None;
        }
    }
}

fn account() -> Account {
    Account {
        id: ACCOUNT.into(),
        ..Account::default()
    }
}

#[derive(Default)]
struct Gateway {
    fakes: Fakes,
    processes: AtomicU64,
}

impl Gateway {
    fn ports(&self, life: &Life, end: End) -> Ports {
        let process = self.processes.fetch_add(1, Ordering::SeqCst);
        let blob: Arc<dyn Blob> = match end {
            End::ClientLeft => self.fakes.blob.clone(),
            End::Killed => Arc::new(MortalBlob {
                life: life.clone(),
                blob: self.fakes.blob.clone(),
            }),
        };
        Ports {
            ledger: Arc::new(MortalLedger {
                life: life.clone(),
                ledger: self.fakes.ledger.clone(),
            }),
            blob,
            random: Arc::new(SeededRandom::new(process + 1)),
            ..self.fakes.ports()
        }
    }

    /// Runs `request` in a process of this life; whether it came to its end.
    fn process(&self, life: &Life, end: End, request: impl AsyncFnOnce(Files<'_>)) -> bool {
        let (ports, account, limits) = (self.ports(life, end), account(), Limits::default());
        let files = Files::new(&ports, &account, &limits);
        let mut running = Box::pin(request(files));
        let is_done = until_stalled(running.as_mut()).is_some();
        match end {
            End::Killed if !is_done => mem::forget(running),
            _ => drop(running),
        }
        is_done
    }

    /// What a process does that does not die.
    fn whole(&self, request: impl AsyncFnOnce(Files<'_>)) {
        assert!(self.process(&Life::long(), End::Killed, request));
    }

    /// The job that is due first.
    fn first_job(&self) -> Option<(String, JobState)> {
        let found = block_on(self.fakes.ledger.query(ACCOUNT, JOBS, None, 1000)).unwrap();
        let jobs = found.into_iter().map(|(key, item)| {
            let state = JobState::read(item.document().unwrap()).unwrap();
            (key, state)
        });
        jobs.min_by_key(|(_, state)| state.due)
    }

    /// A process of this life works on jobs when they are due, until there are none; whether it lived.
    fn work(&self, life: &Life, inspect: Arc<dyn Inspect>) -> bool {
        let ports = self.ports(life, End::Killed);
        let process = ProcessFile::new(ports.clone(), Limits::default(), inspect);
        let clean_up = CleanUp::new(ports.clone(), Limits::default());
        let consumers: [&dyn Consumer; 2] = [&process, &clean_up];
        while let Some((key, state)) = self.first_job() {
            let now = self.fakes.clock.now();
            self.fakes.clock.advance(state.due.duration_since(now));
            let topic = topic_of(&key).unwrap();
            let consumer = consumers.into_iter().find(|one| one.topic() == topic);
            let mut working = Box::pin(work(&ports, consumer.unwrap(), ACCOUNT, &key));
            match until_stalled(working.as_mut()) {
                Some(worked) => drop(worked.unwrap()),
                None => {
                    mem::forget(working);
                    return false;
                }
            }
        }
        true
    }

    /// How many files there are; each has its bytes.
    fn files(&self) -> usize {
        let mut count = 0;
        self.whole(async |files| {
            for file in files.list(&ListFiles::default()).await.unwrap().into_data() {
                let file = files.get(&file.id).await.unwrap();
                let content = files.content(&file, None).await.unwrap();
                let pieces: Vec<_> = content.try_collect().await.unwrap();
                assert_eq!(pieces.concat(), BYTES.as_bytes());
                count += 1;
            }
        });
        count
    }

    /// When all jobs have ended, the store has what belongs to files, and nothing else.
    fn ends_clean(&self) {
        self.files();
        assert!(self.work(&Life::long(), Arc::new(Reader)));
        let mut owned = BTreeSet::new();
        self.whole(async |files| {
            for file in files.list(&ListFiles::default()).await.unwrap().into_data() {
                assert_eq!(file.status, FileStatus::Processed);
                for kind in ["files", "texts"] {
                    owned.insert(format!("{ACCOUNT}/{kind}/{}", file.id));
                }
            }
        });
        assert_eq!(BTreeSet::from_iter(self.fakes.blob.keys()), owned);
        self.files();
    }
}

fn source(text: String) -> BlobSource<'static> {
    stream::iter([Ok(text.into())]).boxed()
}

fn form(fields: &[(&str, &str)]) -> BlobSource<'static> {
    let parts = fields.iter().map(|(head, body)| {
        format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n")
    });
    source(format!("{}--x--\r\n", parts.collect::<String>()))
}

async fn upload(files: Files<'_>) {
    upload_named(files, "a.txt").await;
}

async fn upload_named(files: Files<'_>, name: &str) {
    let file = format!("name=\"file\"; filename=\"{name}\"");
    let fields = [("name=\"purpose\"", "analysis"), (&file, BYTES)];
    files.receive(FORM, form(&fields)).await.unwrap();
}

/// The upload's id.
async fn in_parts(files: Files<'_>) -> String {
    let request = CreateUpload {
        filename: "a.txt".into(),
        purpose: "analysis".into(),
        bytes: BYTES.len() as u64,
        mime_type: "text/plain".into(),
        expires_after: None,
    };
    let upload = files.create_upload(request).await.unwrap().id;
    let mut part_ids = vec![];
    for part in [&BYTES[..4], &BYTES[4..]] {
        let part = form(&[("name=\"data\"; filename=\"p\"", part)]);
        let part = files.add_part(&upload, FORM, part).await.unwrap();
        part_ids.push(part.id);
    }
    let complete = CompleteUpload {
        part_ids,
        md5: None,
    };
    files.complete_upload(&upload, &complete).await.unwrap();
    upload
}

/// Has `request` end at each of its operations, before and after it.
fn at_each_operation(request: impl AsyncFn(Files<'_>)) {
    for end in [End::Killed, End::ClientLeft] {
        for dies_after in [false, true] {
            let mut operations = 1;
            loop {
                let gateway = Gateway::default();
                let life = Life::of(operations, dies_after);
                let is_done = gateway.process(&life, end, async |files| request(files).await);
                gateway.ends_clean();
                if is_done {
                    assert_eq!(gateway.files(), 1);
                    break;
                }
                operations += 1;
                assert!(operations < 100, "no end");
            }
            assert!(operations > 3, "{end:?} after {operations} operations");
        }
    }
}

#[test]
fn an_upload_that_is_cut_off_leaves_a_whole_file_or_nothing() {
    at_each_operation(upload);
}

#[test]
fn an_upload_in_parts_that_is_cut_off_leaves_a_whole_file_or_nothing() {
    at_each_operation(async |files| drop(in_parts(files).await));
}

#[test]
fn a_process_that_dies_over_jobs_leaves_nothing_that_is_nobodys() {
    for dies_after in [false, true] {
        for operations in 1..60 {
            let gateway = Gateway::default();
            gateway.whole(upload);
            gateway.whole(async |files| drop(in_parts(files).await));
            gateway.work(&Life::of(operations, dies_after), Arc::new(Reader));
            gateway.ends_clean();
            assert_eq!(gateway.files(), 2);
        }
    }
}

#[test]
fn a_text_that_is_kept_after_its_files_end_is_removed() {
    for dies_after in [false, true] {
        for operations in 1..20 {
            let gateway = Gateway::default();
            gateway.whole(upload);
            let late = Arc::new(Late(gateway.fakes.ports()));
            gateway.work(&Life::of(operations, dies_after), late);
            if gateway.files() == 0 {
                gateway.ends_clean();
                assert!(gateway.fakes.blob.keys().is_empty());
            }
        }
    }
}

#[test]
fn a_part_that_was_on_its_way_when_its_upload_ended_is_removed_later() {
    let (gateway, mut upload) = (Gateway::default(), String::new());
    gateway.whole(async |files| upload = in_parts(files).await);
    let key = format!("{JOBS}file-cleanup/{upload}");
    let ports = gateway.fakes.ports();
    let clean_up = CleanUp::new(ports.clone(), Limits::default());
    block_on(work(&ports, &clean_up, ACCOUNT, &key)).unwrap();
    let parts = format!("{ACCOUNT}/parts/{upload}");
    let left = || block_on(ports.blob.list(&parts)).unwrap();
    assert_eq!(left(), Vec::<String>::new());
    let late = format!("{parts}/part_late");
    block_on(ports.blob.put(&late, source("x".into()))).unwrap();
    gateway.fakes.clock.advance(Duration::from_secs(3600));
    assert_eq!(left().len(), 1);
    gateway.ends_clean();
}

#[test]
fn what_breaks_a_parser_or_its_process_costs_that_file_only() {
    let gateway = Gateway::default();
    for name in ["fails", "dies", "fine"] {
        gateway.whole(async |files| upload_named(files, name).await);
    }
    let mut processes = 1;
    while !gateway.work(&Life::long(), Arc::new(Broken)) {
        processes += 1;
        assert!(processes < 10, "no end");
    }
    // Two attempts, and one that finds that there are no more.
    assert_eq!(processes, 3);
    gateway.whole(async |files| {
        for file in files.list(&ListFiles::default()).await.unwrap().into_data() {
            let expected = match &*file.filename {
                "fine" => (FileStatus::Processed, None),
                _ => (FileStatus::Failed, Some("it could not be read")),
            };
            let name = &file.filename;
            assert_eq!((file.status, file.error.as_deref()), expected, "{name}");
        }
    });
    assert_eq!(gateway.files(), 3);
}

#[test]
fn bytes_for_which_there_is_no_room_any_more_are_removed_at_once() {
    let gateway = Gateway::default();
    let ports = gateway.ports(&Life::long(), End::Killed);
    let (account, mut limits) = (account(), Limits::default());
    limits.storage_bytes.free = BYTES.len() as u64 * 3 / 2;
    let files = Files::new(&ports, &account, &limits);
    // Another upload ends while this one's bytes come.
    let other = gateway.ports(&Life::long(), End::Killed);
    let mut pieces: Vec<_> = block_on(
        form(&[
            ("name=\"purpose\"", "analysis"),
            ("name=\"file\"; filename=\"a.txt\"", BYTES),
        ])
        .collect(),
    );
    let last = pieces.pop().unwrap();
    let racing = stream::once(async {
        let files = Files::new(&other, &account, &limits);
        upload(files).await;
        last
    });
    let error = block_on(files.receive(FORM, racing.boxed())).unwrap_err();
    assert_eq!(error.code, Code::StorageFull);
    assert_eq!(gateway.fakes.blob.keys().len(), 1);
    assert_eq!(gateway.files(), 1);
}
