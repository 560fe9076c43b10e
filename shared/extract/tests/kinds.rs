//! Files of each kind, right and hostile.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use openclaw_extract::{ExtractError, Limits, extract};
use openclaw_testkit::hostile;
use proptest::prelude::*;
use std::io::{Cursor, Write};
use zip::{ZipWriter, write::SimpleFileOptions};

const SMALL: Limits = Limits {
    text: 1000,
    inflated: 100_000,
};

fn read(bytes: &[u8], name: &str) -> Result<(&'static str, Option<String>), ExtractError> {
    extract(bytes, name, SMALL).map(|found| (found.content_type, found.text))
}

fn text(bytes: &[u8], name: &str) -> String {
    read(bytes, name).unwrap().1.unwrap()
}

/// An archive as Word writes it, with this main part.
fn docx(main: &str) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", "<Relationships/>"),
        ("word/document.xml", main),
    ] {
        archive
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn document(body: &str) -> String {
    format!("<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>")
}

#[test]
fn paragraphs_of_a_docx_are_lines() {
    let body = "<w:p><w:r><w:t>One &amp; </w:t></w:r><w:r><w:t xml:space=\"preserve\">two&#233;</w:t></w:r>\
        <w:r><w:tab/><w:t>three</w:t></w:r></w:p><w:p><w:r><w:instrText>HIDDEN</w:instrText>\
        <w:t>four</w:t></w:r></w:p>";
    let file = docx(&document(body));
    let (kind, text) = read(&file, "x.docx").unwrap();
    assert!(kind.ends_with("wordprocessingml.document"), "{kind}");
    assert_eq!(text.unwrap(), "One & twoé\tthree\nfour\n");
}

#[test]
fn an_entity_from_outside_is_refused() {
    let main = format!(
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>{}",
        document("<w:p><w:r><w:t>&e;</w:t></w:r></w:p>")
    );
    let error = read(&docx(&main), "x.docx").unwrap_err();
    assert_eq!(error, ExtractError::TooMuch("it declares entities"));
}

#[test]
fn an_archive_that_inflates_without_end_is_refused() {
    let bomb = docx(&document(&" ".repeat(50_000_000)));
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    let error = read(&bomb, "x.docx").unwrap_err();
    assert!(matches!(error, ExtractError::TooMuch(_)), "{error}");
}

#[test]
fn a_page_is_what_a_reader_sees() {
    let page = "<html><head><title>The &eacute;nd</title><style>p {}</style></head><body>\
        <h1>Head</h1><p>A  <b>bold</b>\n word</p><ul><li>one<li>two</ul><script>no()</script>\
        <noscript>no</noscript>last</body></html>";
    assert_eq!(
        text(page.as_bytes(), ""),
        "The énd\nHead\nA bold word\none\ntwo\nlast"
    );
}

#[test]
fn pages_that_open_without_end_are_refused_or_read() {
    for open in [
        "<div>",
        "<table><tr><td>",
        "<p>",
        "<a b=\"",
        "<!--",
        "<![CDATA[",
    ] {
        let page = format!("<html>{}", open.repeat(100_000));
        let _ = read(page.as_bytes(), "");
    }
}

#[test]
fn a_text_has_a_limit() {
    assert_eq!(text(&[b'x'; 1000], ""), "x".repeat(1000));
    let error = read(&[b'x'; 1001], "").unwrap_err();
    assert_eq!(error, ExtractError::TooLong(1000));
    let page = format!("<html>{}", "word ".repeat(300));
    assert_eq!(
        read(page.as_bytes(), "").unwrap_err(),
        ExtractError::TooLong(1000)
    );
}

#[test]
fn texts_are_told_apart_by_what_they_look_like_and_are_called() {
    for (bytes, name, kind) in [
        ("plain", "a", "text/plain"),
        ("\u{feff}plain", "a", "text/plain"),
        ("plain", "a.MD", "text/markdown"),
        ("a,b", "a.csv", "text/csv"),
        ("[1]", "a", "application/json"),
        ("[not json", "a", "text/plain"),
        ("  <HTML>", "a", "text/html"),
        ("<?xml version=\"1.0\"?><a/>", "a", "text/xml"),
        ("<svg/>", "a.svg", "text/xml"),
    ] {
        assert_eq!(read(bytes.as_bytes(), name).unwrap().0, kind, "{bytes}");
    }
    assert_eq!(text("\u{feff}plain".as_bytes(), "a"), "plain");
    for bytes in [&b"\xff\xfe"[..], b"a\0b"] {
        assert_eq!(
            read(bytes, "a.txt").unwrap(),
            ("application/octet-stream", None)
        );
    }
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        docx(&document("<w:p><w:r><w:t>a</w:t></w:r></w:p>")),
        b"<!doctype html><p>a &amp; b<script>x</script>".to_vec(),
        b"{\"a\": [1, 2]}".to_vec(),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(input in hostile(seeds())) {
        if let Ok(found) = extract(&input, "x.docx", SMALL) {
            prop_assert!(found.text.is_none_or(|text| text.len() <= SMALL.text));
        }
    }
}
