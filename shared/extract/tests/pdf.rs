//! PDFs: what their pages show, and files that were made to be hard to read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use openclaw_extract::{ExtractError, Limits, extract};
use openclaw_testkit::hostile;
use proptest::prelude::*;
use std::slice::from_ref;

const SMALL: Limits = Limits {
    text: 1000,
    inflated: 100_000,
};

fn text(file: &[u8]) -> Result<String, ExtractError> {
    let found = extract(file, "x", SMALL)?;
    assert_eq!(found.content_type, "application/pdf");
    Ok(found.text.unwrap())
}

/// A PDF of one page with these instructions.
fn pdf(content: &str) -> Vec<u8> {
    with(content, "", &[])
}

/// The same with more entries in the page and more objects, the first of which is 6.
fn with(content: &str, page: &str, more: &[String]) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".into(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R {page} \
             /Resources << /Font << /F1 5 0 R /F2 6 0 R >> /XObject << /X6 6 0 R /X7 7 0 R >> >> >>"
        ),
        stream("", content),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".into(),
    ];
    objects.extend(more.iter().cloned());
    assemble(&objects)
}

fn stream(entries: &str, content: &str) -> String {
    let length = content.len();
    format!("<< /Length {length} {entries} >>\nstream\n{content}\nendstream")
}

fn form(entries: &str, content: &str) -> String {
    stream(
        &format!("/Type /XObject /Subtype /Form /BBox [0 0 99 99] {entries}"),
        content,
    )
}

/// Objects with the table of where they are.
fn assemble(objects: &[String]) -> Vec<u8> {
    let (mut file, mut table) = ("%PDF-1.4\n".to_owned(), String::new());
    for (at, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", file.len());
        file += &format!("{} 0 obj\n{object}\nendobj\n", at + 1);
    }
    let (count, start) = (objects.len() + 1, file.len());
    file += &format!("xref\n0 {count}\n0000000000 65535 f \n{table}");
    file += &format!("trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    file.into_bytes()
}

#[test]
fn a_pdf_is_read() {
    let file = pdf("BT /F1 12 Tf 10 50 Td (Hello, page) Tj ET");
    assert_eq!(text(&file).unwrap(), "Hello, page\n");
}

#[test]
fn a_pdf_whose_pages_go_round_ends() {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>".into(),
        "<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 1 >>".into(),
    ];
    let _ = text(&assemble(&objects));
    objects[1] = "<< /Type /Pages /Kids 2 0 R /Count 99999999 /Parent 2 0 R >>".into();
    let _ = text(&assemble(&objects));
}

#[test]
fn words_and_lines_come_from_where_texts_stand() {
    let content = "BT /F1 10 Tf 10 80 Td [(wo) -20 (rd) -400 (two)] TJ 0 -12 Td (line) Tj \
        80 0 Td (far) Tj 12 TL T* (a) Tj (b) ' ET";
    assert_eq!(text(&pdf(content)).unwrap(), "word two\nline far\na\nb\n");
    let turned = "BT /F1 10 Tf 0 1 -1 0 50 10 Tm (up) Tj 1 0 0 1 50 10 Tm (right) Tj ET";
    assert_eq!(text(&pdf(turned)).unwrap(), "up\nright\n");
}

#[test]
fn what_is_shown_twice_to_look_bold_is_said_once() {
    let content = "BT /F1 10 Tf 10 80 Td (bold) Tj ET BT /F1 10 Tf 10.2 80 Td (bold) Tj ET";
    assert_eq!(text(&pdf(content)).unwrap(), "bold\n");
}

#[test]
fn forms_are_drawn_where_they_stand_and_know_the_pages_fonts() {
    let forms = [
        form("", "BT /F1 10 Tf 10 10 Td (inner) Tj ET /X7 Do"),
        form(
            "/Matrix [1 0 0 1 0 -30]",
            "BT /F1 10 Tf 10 10 Td (most) Tj ET",
        ),
    ];
    let content = "q 1 0 0 1 0 50 cm /X6 Do Q BT /F1 10 Tf 10 5 Td (outer) Tj ET";
    let file = with(content, "", &forms);
    assert_eq!(text(&file).unwrap(), "inner\nmost\nouter\n");
}

#[test]
fn annotations_say_what_they_look_like_unless_they_are_hidden() {
    let shown = form(
        "/Resources << /Font << /F1 5 0 R >> >>",
        "BT /F1 10 Tf (field) Tj ET",
    );
    let more = [
        shown,
        "<< /Type /Annot /Subtype /Widget /Rect [9 9 50 20] /AP << /N 6 0 R >> >>".into(),
        "<< /Type /Annot /Subtype /Widget /F 2 /Rect [9 50 50 60] /AP << /N 6 0 R >> >>".into(),
        "<< /Type /Annot /Subtype /Widget /Rect [9 70 50 80] /AS /On \
         /AP << /N << /On 6 0 R /Off 4 0 R >> >> >>"
            .into(),
    ];
    let content = "BT /F1 10 Tf 10 40 Td (page) Tj ET";
    let file = with(content, "/Annots [7 0 R 8 0 R 9 0 R]", &more);
    assert_eq!(text(&file).unwrap(), "page\nfield\nfield\n");
}

#[test]
fn a_fonts_own_map_says_what_its_codes_mean() {
    let map = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<0000> <FFFF>",
        "endcodespacerange",
        "2 beginbfchar",
        "<0001> <0041>",
        "<0002> <00660069>",
        "endbfchar",
        "endcmap",
        "CMapName currentdict /CMap defineresource pop",
        "end",
        "end",
    ]
    .join("\n");
    let more = [
        "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [7 0 R] \
         /ToUnicode 8 0 R >>"
            .into(),
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /DW 600 /W [1 [600 600]] >>".into(),
        stream("", &map),
    ];
    let file = with("BT /F2 10 Tf 10 10 Td <00010002> Tj ET", "", &more);
    assert_eq!(text(&file).unwrap(), "Afi\n");
}

#[test]
fn a_font_need_not_say_that_it_is_one() {
    let more = ["<< /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".into()];
    let file = with("BT /F2 10 Tf (Hello) Tj ET", "", &more);
    assert_eq!(text(&file).unwrap(), "Hello\n");
}

#[test]
fn forms_that_draw_themselves_or_each_other_end() {
    let twice = "BT /F1 10 Tf (x) Tj ET /X6 Do /X7 Do /X6 Do /X7 Do";
    let forms = [form("", twice), form("", twice)];
    let error = text(&with("/X6 Do", "", &forms)).unwrap_err();
    assert_eq!(error, ExtractError::TooMuch("its pages draw too much"));
    let itself = [form(
        "",
        "BT /F1 10 Tf 0 -20 Td (x) Tj ET 1 0 0 1 0 -30 cm /X6 Do",
    )];
    let text = text(&with("/X6 Do", "", &itself)).unwrap();
    assert_eq!(text.matches('x').count(), 12);
}

/// So many pages that share what they have.
fn shared(pages: usize, page: &str, more: &[String]) -> Vec<u8> {
    let first = 4 + more.len();
    let kids = (0..pages).map(|at| format!("{} 0 R ", first + at));
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!(
            "<< /Type /Pages /Kids [{}] /Count {pages} >>",
            kids.collect::<String>()
        ),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".into(),
    ];
    objects.extend(more.iter().cloned());
    let page = format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] {page} >>");
    objects.extend(vec![page; pages]);
    assemble(&objects)
}

#[test]
fn pages_that_share_more_than_anybody_reads_end() {
    let too_much = Err(ExtractError::TooMuch("its pages draw too much"));
    let instructions = stream("", &"q Q\n".repeat(SMALL.inflated / 5));
    let page = "/Contents 4 0 R";
    assert_eq!(
        text(&shared(18, page, from_ref(&instructions))),
        Ok("".into())
    );
    assert_eq!(text(&shared(25, page, from_ref(&instructions))), too_much);
    let note = "<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] >>".to_owned();
    let notes = format!("[{}]", "4 0 R ".repeat(1000));
    let page = "/Annots 5 0 R";
    assert_eq!(
        text(&shared(5, page, &[note.clone(), notes.clone()])),
        Ok("".into())
    );
    assert_eq!(text(&shared(10, page, &[note, notes])), too_much);
}

#[test]
fn fonts_that_share_more_than_anybody_reads_end() {
    let file = |fonts: usize| {
        let map = stream("", &" ".repeat(SMALL.inflated - 1));
        let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 4 0 R >>";
        let names = (0..fonts).map(|at| format!("/F{at} {} 0 R ", 6 + at));
        let resources = format!("<< /Font << {} >> >>", names.collect::<String>());
        let uses = (0..fonts).map(|at| format!("/F{at} 9 Tf "));
        let more = [
            vec![map, stream("", &uses.collect::<String>())],
            vec![font.into(); fonts],
        ];
        shared(
            1,
            &format!("/Contents 5 0 R /Resources {resources}"),
            &more.concat(),
        )
    };
    assert_eq!(text(&file(5)), Ok("".into()));
    let error = text(&file(20)).unwrap_err();
    assert_eq!(error, ExtractError::TooMuch("its pages draw too much"));
}

#[test]
fn arrays_that_nest_ten_thousand_deep_end() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    for file in [
        with("BT /F1 10 Tf (x) Tj ET", &format!("/Deep {deep}"), &[]),
        pdf(&format!("BT /F1 10 Tf {deep} TJ ET")),
        with("/X6 Do", "", &[deep]),
    ] {
        let _ = text(&file);
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(
        input in hostile(vec![
            pdf("BT /F1 12 Tf (Hello) Tj ET"),
            with("/X6 Do q /X7 Do Q", "", &[form("", "BT (a) Tj ET"), form("", "/X6 Do")]),
        ])
    ) {
        if let Ok(found) = extract(&input, "x", SMALL) {
            prop_assert!(found.text.is_none_or(|text| text.len() <= SMALL.text));
        }
    }
}
