//! Every fixture through its dialect. A case is a folder `fixtures/<dialect>/<case>`:
//!
//! - `request.json`: what a caller asks
//! - `model.json`: fields of the model's row, where they matter
//! - `sent.json`: the body its provider gets
//! - `answer.json`, `answer.sse`, `answer.frames` or `answer.<status>.<kind>`: what the provider answers, in the
//!   vendor's documented wire format
//! - `expected.json`: what comes out
//!
//! `BLESS=1` writes `sent.json` and `expected.json` anew, to be read in the diff.

use crate::{
    fakes::{Answer, Piece},
    world::{World, one_target},
};
use bytes::Bytes;
use openclaw_core::Error;
use openclaw_providers::{Chunk, Failure};
use openclaw_schema::usage::TokenUsage;
use openclaw_testkit::hostile;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

struct Case {
    dialect: String,
    folder: PathBuf,
    request: String,
    status: u16,
    kind: String,
    answer: Bytes,
}

impl Case {
    fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let entries = |path: &Path| {
            let mut paths: Vec<_> = fs::read_dir(path)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            paths.sort();
            paths
        };
        let dialects = entries(&root).into_iter();
        dialects
            .flat_map(|dialect| entries(&dialect))
            .map(|folder| Self::read(folder, entries))
            .collect()
    }

    fn read(folder: PathBuf, entries: impl Fn(&Path) -> Vec<PathBuf>) -> Self {
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_answer = |path: &&PathBuf| name(path).starts_with("answer.");
        let files = entries(&folder);
        let answer = files.iter().find(is_answer).expect("an answer");
        let parts: Vec<_> = name(answer).split('.').map(str::to_owned).collect();
        let status = if parts.len() == 3 {
            parts[1].parse().unwrap()
        } else {
            200
        };
        Self {
            dialect: name(folder.parent().unwrap()),
            request: fs::read_to_string(folder.join("request.json")).unwrap(),
            status,
            kind: parts.last().unwrap().clone(),
            answer: fs::read(answer).unwrap().into(),
            folder,
        }
    }

    /// The answer, its body ending a piece at each of `cuts`.
    fn answer(&self, cuts: &[usize]) -> Answer {
        let mut ends: Vec<_> = cuts.iter().map(|cut| cut % self.answer.len()).collect();
        ends.push(self.answer.len());
        ends.sort_unstable();
        let mut start = 0;
        let pieces = ends.into_iter().map(|end| {
            let piece = self.answer.slice(start..end);
            start = end;
            Piece::Bytes(piece)
        });
        let kind = match self.kind.as_str() {
            "sse" => "text/event-stream; charset=utf-8",
            "html" => "text/html",
            "frames" => "application/vnd.amazon.eventstream",
            _ => "application/json",
        };
        let headers = vec![("content-type", kind.into()), ("retry-after", "3".into())];
        Answer::Head(self.status, headers, pieces.collect())
    }

    /// The body that was sent, and the outcome.
    fn run(&self, cuts: &[usize]) -> (Value, Value) {
        let mut config = one_target(&self.dialect, json!({"attempts": 1}));
        if let Ok(row) = fs::read_to_string(self.folder.join("model.json")) {
            let row: Map<String, Value> = serde_json::from_str(&row).unwrap();
            config["models"][0].as_object_mut().unwrap().extend(row);
        }
        let world = World::new(config, vec![self.answer(cuts)]);
        let asks: Value = serde_json::from_str(&self.request).unwrap();
        let outcome = if asks["stream"] == true {
            match world.stream(&self.request) {
                Ok(reply) => self.streamed(world.rest(reply.answer)),
                Err(failure) => failed(&failure),
            }
        } else {
            match world.complete(&self.request) {
                Ok(reply) => json!({
                    "body": self.came(&[reply.answer.body]),
                    "usage": reply.answer.usage,
                    "estimated_completion_tokens": reply.answer.estimated_completion_tokens,
                }),
                Err(failure) => failed(&failure),
            }
        };
        let sent = serde_json::from_slice(world.last_request().body()).unwrap();
        (sent, outcome)
    }

    fn streamed(&self, chunks: Vec<Result<Chunk, Error>>) -> Value {
        let error = chunks.iter().find_map(|chunk| chunk.as_ref().err());
        let error = error.map(|error| serde_json::to_value(error.body()).unwrap());
        let chunks: Vec<_> = chunks.into_iter().filter_map(Result::ok).collect();
        let bodies: Vec<_> = chunks.iter().map(|chunk| chunk.json.clone()).collect();
        let usages: Vec<TokenUsage> = chunks.iter().filter_map(|chunk| chunk.usage).collect();
        json!({
            "chunks": self.came(&bodies),
            "count": chunks.len(),
            "tokens": chunks.iter().map(|chunk| chunk.tokens).sum::<u64>(),
            "finished": chunks.iter().filter(|chunk| chunk.finished).count(),
            "without_choices": chunks.iter().filter(|chunk| !chunk.has_choices).count(),
            "usage": usages.last(),
            "error": error,
        })
    }

    /// Bodies, unless they are the bytes of the answer.
    fn came(&self, bodies: &[Bytes]) -> Value {
        let holds = |body: &Bytes| memchr::memmem::find(&self.answer, body).is_some();
        if bodies.iter().all(holds) {
            return json!("as they came");
        }
        let parse = |body: &Bytes| serde_json::from_slice::<Value>(body).unwrap();
        bodies.iter().map(parse).collect()
    }

    fn check(&self, name: &str, value: &Value) {
        let path = self.folder.join(name);
        if std::env::var_os("BLESS").is_some() {
            let text = serde_json::to_string_pretty(value).unwrap();
            fs::write(&path, text + "\n").unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        assert_eq!(*value, expected, "{}", path.display());
    }
}

fn failed(failure: &Failure) -> Value {
    json!({
        "error": serde_json::to_value(failure.error.body()).unwrap(),
        "retry_after": failure.error.retry_after.map(|after| after.as_secs()),
    })
}

#[test]
fn every_fixture_gives_what_is_expected() {
    let cases = Case::all();
    assert!(cases.len() >= 25, "{} fixtures", cases.len());
    for case in cases {
        let (sent, outcome) = case.run(&[]);
        case.check("sent.json", &sent);
        case.check("expected.json", &outcome);
    }
}

#[test]
fn any_split_of_a_stream_gives_the_same() {
    for case in Case::all()
        .iter()
        .filter(|case| ["sse", "frames"].contains(&&*case.kind))
    {
        let whole = case.run(&[]);
        let every_byte: Vec<_> = (0..case.answer.len()).collect();
        assert_eq!(case.run(&every_byte), whole, "{}", case.folder.display());
        let cuts = prop::collection::vec(0..case.answer.len(), 1..8);
        let mut runner = TestRunner::new(Config::with_cases(64));
        let outcome = runner.run(&cuts, |cuts| {
            prop_assert_eq!(case.run(&cuts), whole.clone());
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{}: {error}", case.folder.display()));
    }
}

/// What a provider sends is never believed: it becomes JSON of ours, or an error.
#[test]
fn hostile_answers_are_read_or_refused() {
    let cases = Case::all();
    let answers = prop::sample::select((0..cases.len()).collect::<Vec<_>>())
        .prop_flat_map(|at| (Just(at), hostile(vec![Case::all()[at].answer.to_vec()])));
    let mut runner = TestRunner::default();
    let outcome = runner.run(&answers, |(at, answer)| {
        let mut case = Case::all().swap_remove(at);
        case.answer = answer.into();
        // Whatever is shown is parsed on the way.
        case.run(&[]);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
