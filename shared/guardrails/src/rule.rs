//! One rule, compiled.

use crate::pii;
use openclaw_core::{Code, Details, Error, Result};
use openclaw_schema::guardrail::{Action, Guardrail, Pii};
use regex_automata::{
    Anchored, Input,
    hybrid::dfa::{Cache, DFA},
    meta,
    nfa::thompson,
    util::syntax,
};
use std::ops::Range;

/// The most memory that the patterns of a rule may compile to, in bytes.
const MAX_COMPILED: usize = 512 << 10;

/// How deep a pattern may nest.
const MAX_NESTING: u32 = 50;

/// A rule that looks for something.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    action: Action,
    searches: Vec<Search>,
}

/// What is looked for: the patterns of a rule, or one kind of personal data.
#[derive(Debug)]
struct Search {
    kind: Option<Pii>,
    finder: meta::Regex,
    /// Tells whether a match may begin somewhere, of which the end has not come yet.
    prefixes: DFA,
}

/// Where something was found, and what it becomes.
pub(crate) struct Match {
    pub(crate) range: Range<usize>,
    pub(crate) label: &'static str,
}

impl Rule {
    /// 400 that names the pattern, as a path from `at` on, which the compiler refuses.
    pub(crate) fn compile(at: &str, guardrail: &Guardrail) -> Result<Self> {
        let mut searches = Vec::with_capacity(guardrail.pii.len() + 1);
        if !guardrail.patterns.is_empty() {
            // One by one first: only then is it known which is at fault.
            for (index, pattern) in guardrail.patterns.iter().enumerate() {
                let wrong = |issue| Error::invalid(format!("{at}.patterns[{index}]"), issue);
                let search = Search::new(None, &[pattern]).map_err(wrong)?;
                if search.finder.is_match("") {
                    return Err(wrong("must not match the empty text".into()));
                }
            }
            let wrong = |issue| Error::invalid(format!("{at}.patterns"), issue);
            searches.push(Search::new(None, &guardrail.patterns).map_err(wrong)?);
        }
        for kind in &guardrail.pii {
            let search = Search::new(Some(*kind), &[pii::pattern(*kind)]);
            searches.push(search.map_err(Error::internal)?);
        }
        Ok(Self {
            name: guardrail.name.clone(),
            action: guardrail.action,
            searches,
        })
    }

    /// The first thing at or after `from`; the longest of those that begin there.
    pub(crate) fn find(&self, text: &str, from: usize) -> Option<Match> {
        let found = self.searches.iter().filter_map(|search| {
            let range = search.find(text, from)?;
            let label = search.kind.map_or("[redacted]", pii::label);
            Some(Match { range, label })
        });
        found.min_by_key(|found| (found.range.start, usize::MAX - found.range.end))
    }

    /// What it makes of a whole text; `None` where it finds nothing.
    pub(crate) fn apply(&self, text: &str, on: &'static str) -> Result<Option<String>> {
        let (mut from, mut changed) = (0, None);
        while let Some(Match { range, label }) = self.find(text, from) {
            self.ensure_redacts(on)?;
            let changed = changed.get_or_insert_with(|| String::with_capacity(text.len()));
            changed.push_str(&text[from..range.start]);
            changed.push_str(label);
            from = range.end;
        }
        if let Some(changed) = &mut changed {
            changed.push_str(&text[from..]);
        }
        Ok(changed)
    }

    /// 400 where what it finds is blocked.
    pub(crate) fn ensure_redacts(&self, on: &'static str) -> Result<()> {
        match self.action {
            Action::Redact => Ok(()),
            Action::Block => Err(blocked(&self.name, on)),
        }
    }

    pub(crate) fn caches(&self) -> Vec<Cache> {
        let searches = self.searches.iter();
        searches
            .map(|search| search.prefixes.create_cache())
            .collect()
    }

    /// Where the first match may begin that the end of `text` cuts off, at or after `from`.
    pub(crate) fn cut_off(&self, caches: &mut [Cache], text: &str, from: usize) -> usize {
        let starts = text[from..].char_indices().map(|(at, _)| from + at);
        let mut searches = self.searches.iter().zip(caches).collect::<Vec<_>>();
        let mut may_begin = |at: usize| {
            let mut searches = searches.iter_mut();
            searches.any(|(search, cache)| search.may_begin(cache, text, at))
        };
        let mut starts = starts;
        starts.find(|at| may_begin(*at)).unwrap_or(text.len())
    }
}

/// The last line of the compiler's words, which says why; those before show where.
fn reason(words: &str) -> &str {
    let last = words.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ")
}

/// The error that a guardrail refuses with.
pub(crate) fn blocked(name: &str, on: &'static str) -> Error {
    let what = match on {
        "input" => "request",
        _ => "answer",
    };
    let message = format!("The guardrail '{name}' refused the {what}");
    Error::new(Code::ContentFiltered, message).with_details(Details::Guardrail {
        guardrail: name.into(),
        on,
    })
}

impl Search {
    fn new<P: AsRef<str>>(kind: Option<Pii>, patterns: &[P]) -> Result<Self, String> {
        let syntax = syntax::Config::new().nest_limit(MAX_NESTING);
        let config = meta::Config::new()
            .nfa_size_limit(Some(MAX_COMPILED))
            .onepass(false);
        let finder = meta::Builder::new()
            .configure(config)
            .syntax(syntax)
            .build_many(patterns)
            .map_err(|error| match error.syntax_error() {
                Some(error) => format!("is no pattern: {}", reason(&error.to_string())),
                None => "compiles to too much".into(),
            })?;
        let prefixes = DFA::builder()
            .configure(
                DFA::config()
                    .unicode_word_boundary(true)
                    .skip_cache_capacity_check(true),
            )
            .thompson(thompson::Config::new().nfa_size_limit(Some(MAX_COMPILED)))
            .syntax(syntax)
            .build_many(patterns)
            .map_err(|_| "compiles to too much".to_owned())?;
        Ok(Self {
            kind,
            finder,
            prefixes,
        })
    }

    fn find(&self, text: &str, mut from: usize) -> Option<Range<usize>> {
        loop {
            let found = self.finder.find(Input::new(text).range(from..))?.range();
            let Some(kind) = self.kind else {
                return Some(found);
            };
            if let Some(end) = pii::confirm(kind, text, found.clone()) {
                return Some(found.start..end);
            }
            let first = text[found.start..].chars().next();
            from = found.start + first.map_or(1, char::len_utf8);
        }
    }

    /// Whether a match may begin at `at` and go on after the end of `text`.
    fn may_begin(&self, cache: &mut Cache, text: &str, at: usize) -> bool {
        let input = Input::new(text).range(at..).anchored(Anchored::Yes);
        let Ok(mut state) = self.prefixes.start_state_forward(cache, &input) else {
            return true;
        };
        for byte in &text.as_bytes()[at..] {
            match self.prefixes.next_state(cache, state, *byte) {
                Ok(next) if next.is_dead() => return false,
                Ok(next) if !next.is_quit() => state = next,
                // It cannot tell: then it may.
                _ => return true,
            }
        }
        true
    }
}
