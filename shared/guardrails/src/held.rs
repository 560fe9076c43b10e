//! A text that comes in pieces.

use crate::{
    compiled::Guards,
    rule::{Match, Rule, blocked},
};
use openclaw_core::Result;
use regex_automata::hybrid::dfa::Cache;
use std::sync::Arc;

/// The most bytes of a text that are held back. A match that may be longer is refused, whatever the rule's
/// action is: what cannot be looked at must not get out.
const MAX_HELD: usize = 8 << 10;

/// A text of an answer on its way through the rules of an account.
#[derive(Debug)]
pub struct Held {
    guards: Arc<Guards>,
    /// What each rule holds: its text goes on to the next.
    stages: Vec<Stage>,
}

/// What one rule holds back.
#[derive(Debug)]
struct Stage {
    /// One character that is out already, for what looks at word boundaries, and the rest.
    text: String,
    /// Where the rest begins.
    from: usize,
    caches: Vec<Cache>,
}

impl Held {
    /// A text that nothing has come of yet.
    pub fn new(guards: &Arc<Guards>) -> Self {
        let stages = guards.output.iter().map(|rule| Stage {
            text: String::new(),
            from: 0,
            caches: rule.caches(),
        });
        Self {
            stages: stages.collect(),
            guards: Arc::clone(guards),
        }
    }

    /// What may get out after this piece; with `is_last` all of the rest. 400 where something in it is
    /// blocked.
    pub fn push(&mut self, piece: &str, is_last: bool) -> Result<String> {
        let mut text = piece.to_owned();
        for (rule, stage) in self.guards.output.iter().zip(&mut self.stages) {
            text = stage.push(rule, &text, is_last)?;
        }
        Ok(text)
    }
}

impl Stage {
    fn push(&mut self, rule: &Rule, piece: &str, is_last: bool) -> Result<String> {
        self.text.push_str(piece);
        let mut out = String::with_capacity(piece.len());
        loop {
            let (text, from) = (&self.text, self.from);
            let cut_off = match is_last {
                true => text.len(),
                false => rule.cut_off(&mut self.caches, text, from),
            };
            // What touches the end may yet turn out to be a part of something else.
            let is_over = |found: &Match| {
                found.range.start < cut_off && (is_last || found.range.end < text.len())
            };
            match rule.find(text, from) {
                Some(found) if is_over(&found) => {
                    rule.ensure_redacts("output")?;
                    out.push_str(&text[from..found.range.start]);
                    out.push_str(found.label);
                    self.from = found.range.end;
                }
                found => {
                    let end = found.map_or(cut_off, |found| found.range.start.min(cut_off));
                    out.push_str(&text[from..end]);
                    self.from = end;
                    break;
                }
            }
        }
        if self.text.len() - self.from > MAX_HELD {
            return Err(blocked(&rule.name, "output"));
        }
        let before = self.text[..self.from].char_indices().next_back();
        if let Some((at, _)) = before {
            self.text.drain(..at);
            self.from -= at;
        }
        Ok(out)
    }
}
