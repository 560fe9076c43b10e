//! Files that were made to break whoever reads them: each ends by itself, and costs nobody else anything.

use super::process::ended_within;
use flate2::{Compression, write::ZlibEncoder};
use openclaw_conformance::harness::{Account, Target};
use std::{
    io::{Cursor, Write},
    time::Duration,
};
use zip::{ZipWriter, write::SimpleFileOptions};

/// A DOCX with this main part.
fn docx(main: &[u8]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [
        ("[Content_Types].xml", &b"<Types/>"[..]),
        ("word/document.xml", main),
    ] {
        let options = SimpleFileOptions::default();
        archive.start_file(name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A PDF of these objects; the first one is its catalogue.
fn pdf(objects: &[&[u8]]) -> Vec<u8> {
    let (mut file, mut table) = (b"%PDF-1.4\n".to_vec(), String::new());
    for (at, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", file.len());
        let head = format!("{} 0 obj\n", at + 1);
        file.extend_from_slice(&[head.as_bytes(), object, b"\nendobj\n"].concat());
    }
    let (count, start) = (objects.len() + 1, file.len());
    let end = format!(
        "xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} /Root 1 0 R >>\n\
         startxref\n{start}\n%%EOF\n"
    );
    file.extend_from_slice(end.as_bytes());
    file
}

/// Name, bytes, and what the reason says where there must be one.
type Attack = (&'static str, Vec<u8>, Option<&'static str>);

fn attacks() -> [Attack; 5] {
    let bomb = docx(&vec![b' '; 20 << 20]);
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    let entity = docx(
        b"<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><w:document xmlns:w=\"w\">\
        <w:p><w:r><w:t>&e;</w:t></w:r></w:p></w:document>",
    );
    let catalogue = b"<< /Type /Catalog /Pages 2 0 R >>";
    let round = pdf(&[
        catalogue,
        b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>",
        b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 1 >>",
    ]);
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>";
    let page = format!("<< /Type /Page /Parent 2 0 R /MediaBox {deep} >>");
    let nested = pdf(&[catalogue, pages, page.as_bytes()]);
    [
        ("bomb.docx", bomb, Some("inflates without end")),
        ("entity.docx", entity, Some("declares entities")),
        ("round.pdf", round, Some("no PDF")),
        // It is read without what is too deep, or refused.
        ("nested.pdf", nested, None),
        ("after.txt", b"fine".to_vec(), None),
    ]
}

/// A page of four million instructions, which take more memory than the process that reads it may have. Elsewhere
/// the platform bounds a function's memory, and what stands in for it here does not.
fn memory() -> Vec<u8> {
    let mut deflated = ZlibEncoder::new(vec![], Compression::best());
    deflated.write_all(&b"0 w\n".repeat(4_000_000)).unwrap();
    let deflated = deflated.finish().unwrap();
    let head = format!("<< /Length {} /Filter /FlateDecode >>", deflated.len());
    let stream = [head.as_bytes(), b"\nstream\n", &deflated, b"\nendstream"].concat();
    pdf(&[
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
        &stream,
    ])
}

#[tokio::test]
async fn each_ends_with_its_reason_and_the_next_file_is_read() {
    // They take their time to make: no connection may be idle meanwhile.
    let mut attacks = attacks().to_vec();
    if Target::chosen() == Target::Native {
        attacks.insert(0, ("memory.pdf", memory(), Some("could not be read")));
    }
    let account = Account::new().await;
    for (name, bytes, reason) in attacks {
        let file = account.client.upload(name, &bytes).await;
        let file = ended_within(&account, &file, Duration::from_secs(300)).await;
        let error = file["error"].as_str().unwrap_or_default();
        match reason {
            Some(reason) => assert!(error.contains(reason), "{name}: {file}"),
            // A parser that was ended from outside says so: none was.
            None => assert!(!error.contains("could not be read"), "{name}: {file}"),
        }
        assert!(!error.contains("root:"), "{file}");
        if name == "after.txt" {
            assert_eq!(file["status"], "processed", "{file}");
        }
    }
}
