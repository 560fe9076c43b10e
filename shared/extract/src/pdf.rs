//! The text of a PDF, page by page.

use crate::{ExtractError, Limits, output::Output};
use lopdf::{Document, Error, LoadOptions};

const PDF: &str = "PDF";

pub(crate) fn text(bytes: &[u8], limits: Limits) -> Result<String, ExtractError> {
    let options = LoadOptions {
        max_decompressed_size: Some(limits.inflated),
        ..LoadOptions::default()
    };
    let document = Document::load_mem_with_options(bytes, options).map_err(failed)?;
    if document.is_encrypted() {
        return Err(ExtractError::Encrypted);
    }
    let mut output = Output::new(limits.text);
    let pages = document.get_pages();
    for number in pages.keys() {
        for chunk in document.extract_text_chunks_with_limit(&[*number], limits.inflated) {
            match chunk {
                Ok(text) => output.push(&text)?,
                Err(Error::Decompress(_)) => {
                    return Err(ExtractError::TooMuch("a page of it inflates without end"));
                }
                // A piece in a font that says nothing of its characters.
                Err(_) => {}
            }
        }
        output.end_line()?;
    }
    if pages.is_empty() {
        return Err(ExtractError::Broken(PDF));
    }
    // Pages that are pictures have no text: what has only such is a PDF all the same.
    Ok(output.finish())
}

fn failed(error: Error) -> ExtractError {
    match error {
        Error::Decompress(_) => ExtractError::TooMuch("a part of it inflates without end"),
        Error::Decryption(_) | Error::InvalidPassword => ExtractError::Encrypted,
        _ => ExtractError::Broken(PDF),
    }
}
