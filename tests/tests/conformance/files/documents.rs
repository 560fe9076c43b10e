//! Documents that no one here wrote: what Apache Tika is tested with. None breaks anything, and their words
//! are those that Poppler's pdftotext finds, and Python's own XML parser.

use super::process::ended_within;
use futures_util::{StreamExt, stream};
use openclaw_conformance::harness::{Account, Target, python, run};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::process::Command;
use zip::ZipArchive;

/// Words of a text that must be found.
const LEAST: f64 = 0.95;

/// PDFs in which pdftotext finds other words than are there, or are nobody's text.
const OTHERS: [(&str, &str); 3] = [
    (
        "testPDF_angles.pdf",
        "pdftotext cuts the lines of slanted texts",
    ),
    ("testOverlappingText.pdf", "two lines stand in one place"),
    ("testAnnotations.pdf", "a note without an appearance"),
];

/// What is longer takes an unoptimised parser on a busy machine longer than the minute that it is given: it is
/// one of them all.
const MAX_BYTES: usize = 1 << 20;

/// Elsewhere than natively, one of so many is looked into: the parsers are the same.
const SAMPLE: usize = 6;

struct Document {
    name: String,
    path: PathBuf,
    bytes: Vec<u8>,
}

/// The documents, as files in `folder`; `None`, with the reason written, where nobody says where they are.
fn documents(folder: &Path) -> Option<Vec<Document>> {
    let Some(archives) = std::env::var_os("OPENCLAW_DOCUMENTS") else {
        eprintln!("skipped: OPENCLAW_DOCUMENTS is not set: `cargo xtask test` fetches documents");
        return None;
    };
    let mut found = vec![];
    for archive in std::fs::read_dir(archives).unwrap() {
        let mut archive = ZipArchive::new(File::open(archive.unwrap().path()).unwrap()).unwrap();
        for at in 0..archive.len() {
            let mut entry = archive.by_index(at).unwrap();
            let name = entry.name().unwrap().into_owned();
            let name = name.rsplit('/').next().unwrap_or_default().to_owned();
            if !name.ends_with(".pdf") && !name.ends_with(".docx") {
                continue;
            }
            let mut bytes = vec![];
            entry.read_to_end(&mut bytes).unwrap();
            if bytes.len() > MAX_BYTES {
                continue;
            }
            let path = folder.join(&name);
            std::fs::write(&path, &bytes).unwrap();
            found.push(Document { name, path, bytes });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Some(found)
}

/// What pdftotext reads; `None` where it cannot.
async fn pdftotext(path: &Path) -> Option<String> {
    let program = std::env::var_os("OPENCLAW_PDFTOTEXT").unwrap_or_else(|| "pdftotext".into());
    let mut command = Command::new(program);
    command.args(["-q", "-enc", "UTF-8"]).arg(path).arg("-");
    let output = command.output().await;
    let output = output.expect("Poppler's pdftotext is needed (Debian: poppler-utils)");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

/// How often each word is there.
fn words(text: &str) -> BTreeMap<&str, usize> {
    let mut words = BTreeMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if !word.is_empty() {
            *words.entry(word).or_default() += 1;
        }
    }
    words
}

/// How many words `expected` has, and how many of them are found.
fn compared(expected: &str, found: &str) -> (usize, usize) {
    let (expected, found) = (words(expected), words(found));
    let there = expected
        .iter()
        .map(|(word, times)| (*times).min(found.get(word).copied().unwrap_or_default()));
    (expected.values().sum(), there.sum())
}

/// What became of a document: its record and its text.
async fn processed(account: &Account, document: &Document) -> (Value, Option<String>) {
    let name = &document.name;
    let file = account.client.upload(name, &document.bytes).await;
    // Those before it are looked into first.
    let file = ended_within(account, &file, Duration::from_secs(300)).await;
    if file["status"] == "failed" || file["tokens"].is_null() {
        return (file, None);
    }
    let path = format!("/v1/files/{}/text", file["id"].as_str().unwrap());
    let text = account.client.get(&path).await.text();
    (file, Some(text))
}

#[tokio::test]
async fn documents_of_others_are_read_as_others_read_them() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut documents) = documents(folder.path()) else {
        return;
    };
    assert!(documents.len() > 90, "{}", documents.len());
    if Target::chosen() != Target::Native {
        documents = documents.into_iter().step_by(SAMPLE).collect();
    }
    let account = Account::with(
        json!({"tier": "enterprise", "rate_limit": 100_000}),
        json!({}),
    )
    .await;
    let mut docx = python();
    docx.env("OPENCLAW_FOLDER", folder.path());
    let docx = run(docx, "sdk/python/docx_text.py", &account.key.secret).await;
    let docx: BTreeMap<String, String> = serde_json::from_str(&docx).unwrap();
    let began = Instant::now();
    let read = stream::iter(&documents).map(async |document| {
        let is_pdf = document.name.ends_with(".pdf");
        let expected = match is_pdf {
            true => pdftotext(&document.path).await,
            false => docx.get(&document.name).cloned(),
        };
        let (file, text) = processed(&account, document).await;
        (document, expected, file, text)
    });
    let read: Vec<_> = read.buffered(4).collect().await;
    let (mut all, mut found, mut wrong) = (0, 0, vec![]);
    for (Document { name, bytes, .. }, expected, file, text) in read {
        let (words, there) = compared(
            expected.as_deref().unwrap_or_default(),
            text.as_deref().unwrap_or_default(),
        );
        let share = there as f64 / words.max(1) as f64;
        let (status, error) = (file["status"].as_str().unwrap(), &file["error"]);
        println!(
            "| `{name}` | {} | {status} | {words} | {:.1} % | {error} |",
            bytes.len(),
            share * 100.0
        );
        let is_other = OTHERS.iter().any(|(other, _)| other == name);
        if !is_other {
            (all, found) = (all + words, found + there);
        }
        // What others cannot read may fail, and nothing else.
        let may_fail = expected.is_none();
        if (status == "failed" && !may_fail) || (words > 0 && share < LEAST && !is_other) {
            wrong.push(name);
        }
    }
    println!(
        "{found} of {all} words, {} documents in {:?}",
        documents.len(),
        began.elapsed()
    );
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(found as f64 >= all as f64 * LEAST, "{found} of {all} words");
}
