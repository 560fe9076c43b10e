//! The text of a PDF, page by page.
//!
//! lopdf reads the file. What a page shows is worked out here: its instructions and those of the forms
//! that it draws, the characters that its fonts mean, and where they stand, because a PDF writes neither
//! spaces nor lines (ISO 32000-1, 9).

mod font;
mod layout;
mod page;

use crate::{ExtractError, Limits, output::Output};
use lopdf::{Document, Error, LoadOptions, Object};
use page::Reader;

const PDF: &str = "PDF";

pub(crate) fn text(bytes: &[u8], limits: Limits) -> Result<String, ExtractError> {
    let options = LoadOptions {
        max_decompressed_size: Some(limits.inflated),
        ..LoadOptions::default()
    };
    let mut document = Document::load_mem_with_options(bytes, options).map_err(failed)?;
    if document.is_encrypted() {
        return Err(ExtractError::Encrypted);
    }
    name_fonts(&mut document);
    let mut reader = Reader::new(&document, limits);
    let (mut output, mut pages) = (Output::new(limits.text), 0);
    for id in document.page_iter() {
        pages += 1;
        reader.page(id, &mut output)?;
        output.end_line()?;
    }
    if pages == 0 {
        return Err(ExtractError::Broken(PDF));
    }
    // Pages that are pictures have no text: what has only such is a PDF all the same.
    Ok(output.finish())
}

/// Some writers leave out a font's type, without which lopdf takes it for none.
fn name_fonts(document: &mut Document) {
    for object in document.objects.values_mut() {
        if let Object::Dictionary(font) = object
            && !font.has(b"Type")
            && font.has(b"BaseFont")
            && font.has(b"Subtype")
        {
            font.set("Type", Object::Name(b"Font".to_vec()));
        }
    }
}

fn failed(error: Error) -> ExtractError {
    match error {
        Error::Decompress(_) => ExtractError::TooMuch("a part of it inflates without end"),
        Error::Decryption(_) | Error::InvalidPassword => ExtractError::Encrypted,
        _ => ExtractError::Broken(PDF),
    }
}
