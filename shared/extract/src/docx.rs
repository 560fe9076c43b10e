//! The text of a Word document: the paragraphs of its main part.

use crate::{ExtractError, Limits, output::Output};
use quick_xml::{Reader, events::Event};
use std::io::{Cursor, Read};
use zip::{ZipArchive, result::ZipError};

const DOCX: &str = "DOCX";

/// The part that has the text.
const MAIN: &str = "word/document.xml";

pub(crate) fn text(bytes: &[u8], limits: Limits) -> Result<String, ExtractError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(failed)?;
    let main = archive.by_name(MAIN).map_err(failed)?;
    let mut xml = Vec::new();
    let most = limits.inflated as u64;
    let read = main.take(most + 1).read_to_end(&mut xml);
    read.map_err(|_| ExtractError::Broken(DOCX))?;
    if xml.len() > limits.inflated {
        return Err(ExtractError::TooMuch("its text inflates without end"));
    }
    paragraphs(&xml, limits)
}

fn failed(error: ZipError) -> ExtractError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => ExtractError::Encrypted,
        _ => ExtractError::Broken(DOCX),
    }
}

fn paragraphs(xml: &[u8], limits: Limits) -> Result<String, ExtractError> {
    let broken = || ExtractError::Broken(DOCX);
    let mut reader = Reader::from_reader(xml);
    let (mut output, mut in_text) = (Output::new(limits.text), false);
    loop {
        match reader.read_event().map_err(|_| broken())? {
            Event::Start(tag) if tag.local_name().as_ref() == "t" => in_text = true,
            Event::Empty(tag) => match tag.local_name().as_ref() {
                "tab" => output.push("\t")?,
                "br" | "cr" => output.push("\n")?,
                "p" => output.end_line()?,
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "t" => in_text = false,
                "p" => output.push("\n")?,
                _ => {}
            },
            Event::Text(text) if in_text => {
                output.push(&text)?;
            }
            Event::CData(text) if in_text => {
                output.push(&text)?;
            }
            Event::GeneralRef(reference) if in_text => {
                match reference.resolve_char_ref().map_err(|_| broken())? {
                    Some(c) => output.push(c.encode_utf8(&mut [0; 4]))?,
                    None => output.push(predefined(&reference).ok_or_else(broken)?)?,
                }
            }
            // Word writes none, and what it names may be anywhere.
            Event::DocType(_) => return Err(ExtractError::TooMuch("it declares entities")),
            Event::Eof => return Ok(output.finish()),
            _ => {}
        }
    }
}

/// The five references that XML knows by itself.
fn predefined(name: &str) -> Option<&'static str> {
    quick_xml::escape::resolve_predefined_entity(name)
}
