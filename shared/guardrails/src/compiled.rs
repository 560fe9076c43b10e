//! The guardrails of an account, compiled and kept.

use crate::{
    rule::{Rule, blocked},
    texts::{Looker, arguments, look},
};
use bytes::Bytes;
use openclaw_core::{Error, Result, json::Object};
use openclaw_schema::guardrail::Guardrail;
use quick_cache::sync::Cache;
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// How many accounts' rules a process keeps compiled.
const KEPT: usize = 200;

static COMPILED: LazyLock<Cache<Vec<Guardrail>, Arc<Guards>>> = LazyLock::new(|| Cache::new(KEPT));

/// Fields of requests that hold what is said, in all dialects.
const OF_REQUESTS: &[&str] = &[
    "messages",
    "system",
    "instructions",
    "input",
    "prompt",
    "suffix",
    "prediction",
    "query",
    "documents",
];

/// The same of answers.
const OF_ANSWERS: &[&str] = &[
    "choices",
    "content",
    "output",
    "output_text",
    "text",
    "segments",
    "words",
];

/// Rules that hold for somebody.
#[derive(Debug)]
pub struct Guards {
    pub(crate) input: Vec<Rule>,
    pub(crate) output: Vec<Rule>,
    /// Names, and the most characters of a request.
    lengths: Vec<(String, u64)>,
}

/// 400 that names the first pattern which cannot be compiled, as a path from `at` on.
pub fn check(at: &str, guardrails: &[Guardrail]) -> Result<()> {
    for (index, guardrail) in guardrails.iter().enumerate() {
        Rule::compile(&format!("{at}[{index}]"), guardrail)?;
    }
    Ok(())
}

impl Guards {
    /// Those of everybody and those of an account, in this order; `None` where there are none.
    pub fn of(all: &[Guardrail], own: &[Guardrail]) -> Result<Option<Arc<Self>>> {
        if all.is_empty() && own.is_empty() {
            return Ok(None);
        }
        let guardrails = [all, own].concat();
        if let Some(known) = COMPILED.get(&guardrails) {
            return Ok(Some(known));
        }
        let compiled = Self::compile(&guardrails);
        // They were checked when they were written.
        let compiled = Arc::new(compiled.map_err(|error| Error::internal(error.message))?);
        COMPILED.insert(guardrails, Arc::clone(&compiled));
        Ok(Some(compiled))
    }

    fn compile(guardrails: &[Guardrail]) -> Result<Self> {
        let rules = |wanted: fn(&Guardrail) -> bool| {
            let guardrails = guardrails.iter().filter(|guardrail| wanted(guardrail));
            let searching = guardrails.filter(|guardrail| guardrail.max_input_characters.is_none());
            searching
                .map(|guardrail| Rule::compile("guardrails", guardrail))
                .collect::<Result<Vec<_>>>()
        };
        let lengths = guardrails.iter().filter_map(|guardrail| {
            Some((guardrail.name.clone(), guardrail.max_input_characters?))
        });
        Ok(Self {
            input: rules(|guardrail| guardrail.on.has_input())?,
            output: rules(|guardrail| guardrail.on.has_output())?,
            lengths: lengths.collect(),
        })
    }

    /// Whether answers are looked at.
    pub fn looks_at_answers(&self) -> bool {
        !self.output.is_empty()
    }

    /// Looks at the texts of a request, a JSON object in whatever dialect; what it becomes, where that is
    /// something else. 400 where something in it is blocked.
    pub fn request(&self, body: &[u8]) -> Result<Option<Bytes>> {
        // What is no object is refused by whoever reads it.
        let Ok(mut object) = serde_json::from_slice::<Object>(body) else {
            return Ok(None);
        };
        let changed = self.request_object(&mut object)?;
        Ok(changed.then(|| object.to_string().into()))
    }

    /// The same, in place; whether it changed.
    pub fn request_object(&self, object: &mut Object) -> Result<bool> {
        let mut looker = Looker::new(&self.input, "input");
        let changed = walk(object, OF_REQUESTS, &mut looker)?;
        let too_long = self
            .lengths
            .iter()
            .find(|(_, most)| looker.characters > *most);
        match too_long {
            Some((name, _)) => Err(blocked(name, "input")),
            None => Ok(changed),
        }
    }

    /// One text of a request.
    pub fn request_text(&self, text: &str) -> Result<Option<String>> {
        let mut looker = Looker::new(&self.input, "input");
        looker.text(text)
    }

    /// The arguments of a call in an answer.
    pub fn answer_arguments(&self, json: &str) -> Result<Option<String>> {
        arguments(json, &mut Looker::new(&self.output, "output"))
    }

    /// The same for a whole answer: a JSON object in whatever dialect, or a text.
    pub fn answer(&self, body: &Bytes) -> Result<Option<Bytes>> {
        if self.output.is_empty() {
            return Ok(None);
        }
        let mut looker = Looker::new(&self.output, "output");
        let Ok(mut object) = serde_json::from_slice::<Object>(body) else {
            let text = std::str::from_utf8(body);
            // Sound and pictures are not looked at.
            return text.map_or(Ok(None), |text| Ok(looker.text(text)?.map(Bytes::from)));
        };
        let changed = walk(&mut object, OF_ANSWERS, &mut looker)?;
        Ok(changed.then(|| object.to_string().into()))
    }
}

fn walk(object: &mut Object, fields: &[&str], looker: &mut Looker<'_>) -> Result<bool> {
    let mut changed = false;
    for field in fields {
        let Some(json) = object.get(field) else {
            continue;
        };
        let mut value: Value = serde_json::from_str(json).map_err(Error::internal)?;
        if look(&mut value, "", looker)? {
            object.set(field, value.to_string());
            changed = true;
        }
    }
    Ok(changed)
}
