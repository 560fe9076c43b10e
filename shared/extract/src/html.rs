//! The text of a page: no markup, no scripts, a line for each block.

use crate::{ExtractError, Limits, output::Output};
use lol_html::{
    EndTagHandler, HtmlRewriter, MemorySettings, Settings, doc_text, element,
    errors::RewritingError,
};
use std::{cell::RefCell, rc::Rc};

/// Memory that the parser may take, in bytes: tables that are never closed fill it.
const MEMORY: usize = 32 << 20;

/// Elements whose text nobody reads.
const UNREAD: &str = "script, style, template, noscript, svg, head > :not(title)";

/// Elements that are a line of their own.
const BLOCKS: &str = "address, article, aside, blockquote, br, dd, div, dl, dt, fieldset, figcaption, \
    figure, footer, form, h1, h2, h3, h4, h5, h6, header, hr, li, main, nav, ol, option, p, pre, section, \
    table, td, th, title, tr, ul";

struct Page {
    output: Output,
    /// Elements that are open and not read.
    unread: usize,
    /// A text as it came so far: a reference such as `&amp;` may be cut in two.
    raw: String,
    failed: Option<ExtractError>,
}

impl Page {
    fn note(&mut self, result: Result<(), ExtractError>) {
        if let Err(error) = result {
            self.failed.get_or_insert(error);
        }
    }

    fn text(&mut self, chunk: &str, is_last: bool, limit: usize) {
        if self.unread > 0 || self.failed.is_some() {
            return;
        }
        self.raw.push_str(chunk);
        if self.raw.len() > limit {
            self.note(Err(ExtractError::TooLong(limit)));
        } else if is_last {
            let raw = std::mem::take(&mut self.raw);
            let result = self.words(&html_escape::decode_html_entities(&raw));
            self.note(result);
        }
    }

    /// White space as a browser shows it: one space.
    fn words(&mut self, text: &str) -> Result<(), ExtractError> {
        let space = |at: Option<char>| at.is_some_and(char::is_whitespace);
        if space(text.chars().next()) {
            self.space()?;
        }
        for (at, word) in text.split_whitespace().enumerate() {
            if at > 0 {
                self.space()?;
            }
            self.output.push(word)?;
        }
        if space(text.chars().next_back()) {
            self.space()?;
        }
        Ok(())
    }

    fn space(&mut self) -> Result<(), ExtractError> {
        self.output.space()
    }
}

pub(crate) fn text(source: &str, limits: Limits) -> Result<String, ExtractError> {
    let page = Rc::new(RefCell::new(Page {
        output: Output::new(limits.text),
        unread: 0,
        raw: String::new(),
        failed: None,
    }));
    let (hiding, breaking, reading) = (page.clone(), page.clone(), page.clone());
    let hide = element!(UNREAD, move |element| {
        if let Some(handlers) = element.end_tag_handlers() {
            hiding.borrow_mut().unread += 1;
            let shown = hiding.clone();
            let show: EndTagHandler<'static> = Box::new(move |_| {
                let mut page = shown.borrow_mut();
                page.unread = page.unread.saturating_sub(1);
                Ok(())
            });
            handlers.push(show);
        }
        Ok(())
    });
    let line = element!(BLOCKS, move |element| {
        end_line(&breaking);
        if let Some(handlers) = element.end_tag_handlers() {
            let after = breaking.clone();
            let end: EndTagHandler<'static> = Box::new(move |_| {
                end_line(&after);
                Ok(())
            });
            handlers.push(end);
        }
        Ok(())
    });
    let words = doc_text!(move |chunk| {
        let (text, is_last) = (chunk.as_str().to_owned(), chunk.last_in_text_node());
        reading.borrow_mut().text(&text, is_last, limits.text);
        Ok(())
    });
    let settings = Settings::new()
        .append_element_content_handler(hide)
        .append_element_content_handler(line)
        .append_document_content_handler(words)
        .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(MEMORY));
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| ());
    rewriter.write(source.as_bytes()).map_err(failed)?;
    rewriter.end().map_err(failed)?;
    let page = Rc::try_unwrap(page).map_err(|_| ExtractError::Broken("page"))?;
    let page = page.into_inner();
    match page.failed {
        Some(error) => Err(error),
        None => Ok(page.output.finish()),
    }
}

fn end_line(page: &RefCell<Page>) {
    let mut page = page.borrow_mut();
    if page.unread == 0 {
        let result = page.output.end_line();
        page.note(result);
    }
}

fn failed(error: RewritingError) -> ExtractError {
    match error {
        RewritingError::MemoryLimitExceeded(_) => {
            ExtractError::TooMuch("it has too many open elements")
        }
        _ => ExtractError::Broken("page"),
    }
}
