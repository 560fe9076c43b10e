//! Agent Skills (<https://agentskills.io/specification>): SKILL.md, front matter in YAML and instructions in
//! Markdown, as a prompt skill.

use crate::{
    Manifest,
    manifest::{MAX_MANIFEST, read},
};
use openclaw_core::{Code, Error, Fault, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Bytes of the front matter.
const MAX_FRONT: usize = 16 * 1024;

/// The command that such a skill has.
const COMMAND: &str = "run";

/// The front matter's fields that mean something here; others are ignored.
#[derive(Deserialize)]
struct Front {
    name: Option<String>,
    description: Option<String>,
    model: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, Value>,
}

/// Reads a SKILL.md. Its instructions become what a model is told, as they stand; its only command `run`
/// takes what the model is asked as `input`. Which model, the front matter says (`model`, or
/// `metadata.model`). 400 names what is wrong, 413 over 128 KiB.
pub fn parse(text: &[u8]) -> Result<Manifest> {
    if text.len() > MAX_MANIFEST {
        let message = format!("A SKILL.md has at most {MAX_MANIFEST} bytes");
        return Err(Error::new(Code::PayloadTooLarge, message));
    }
    let text = std::str::from_utf8(text);
    let text = text.map_err(|_| Error::invalid("body", "is not valid UTF-8"))?;
    let (front, instructions) = split(text).ok_or_else(|| {
        Error::invalid("body", "must begin with front matter between lines of ---")
    })?;
    if front.len() > MAX_FRONT {
        let issue = format!("must have front matter of at most {MAX_FRONT} bytes");
        return Err(Error::invalid("body", issue));
    }
    let front: Front = serde_yaml_ng::from_str(front).map_err(|error| {
        Error::invalid("body", format!("has front matter that is wrong: {error}"))
    })?;
    let in_metadata = |name| front.metadata.get(name).and_then(Value::as_str);
    let model = front.model.as_deref().or_else(|| in_metadata("model"));
    let mut faults = Vec::new();
    for (name, value) in [
        ("name", front.name.as_deref()),
        ("description", front.description.as_deref()),
        ("model", model),
    ] {
        if value.is_none_or(str::is_empty) {
            faults.push(Fault::new(name, "is required in the front matter"));
        }
    }
    Error::ensure_faultless(faults)?;
    let description = front.description.as_deref().unwrap_or_default();
    read(json!({
        "id": front.name,
        "name": front.name,
        "version": in_metadata("version").unwrap_or("1.0.0"),
        "description": description,
        "commands": {COMMAND: {
            "description": description,
            "parameters": {
                "type": "object",
                "properties": {"input": {
                    "type": "string",
                    "minLength": 1,
                    "description": "What is to be done",
                }},
                "required": ["input"],
            },
            "execute": {
                "type": "prompt",
                "model": model,
                "instructions": instructions.trim(),
                "prompt": "{{ parameters.input }}",
            },
        }},
    }))
}

/// The front matter, and what follows it.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches('\u{feff}');
    let rest = text.strip_prefix("---")?;
    let rest = rest
        .strip_prefix("\r\n")
        .or_else(|| rest.strip_prefix('\n'))?;
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&rest[..at], &rest[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::Details;

    const SKILL: &str = "---\nname: haiku\ndescription: |\n  Writes haiku.\nmetadata:\n  model: gpt-4\n  version: \"2.1\"\n---\n\n# Haiku\n\nWrite {{ not a template }}.\n";

    #[test]
    fn a_skill_becomes_a_prompt_with_its_instructions_as_they_stand() {
        let manifest = parse(SKILL.as_bytes()).unwrap();
        assert_eq!((&*manifest.id, &*manifest.version), ("haiku", "2.1"));
        assert_eq!(manifest.description, "Writes haiku.\n");
        let command = serde_json::to_value(&manifest.commands["run"]).unwrap();
        let execute = &command["execute"];
        assert_eq!(execute["model"], "gpt-4");
        assert_eq!(
            execute["instructions"],
            "# Haiku\n\nWrite {{ not a template }}."
        );
        let windows = SKILL.replace('\n', "\r\n");
        assert_eq!(parse(windows.as_bytes()).unwrap().id, "haiku");
    }

    fn fields(text: &str) -> Vec<String> {
        match parse(text.as_bytes()).unwrap_err().details {
            Some(Details::Field { field, .. }) => vec![field],
            Some(Details::Faults { faults, .. }) => {
                faults.into_iter().map(|fault| fault.field).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(fields("# No front matter"), ["body"]);
        assert_eq!(fields("---\nname: x\n"), ["body"]);
        assert_eq!(fields("---\nname: [x\n---\n"), ["body"]);
        assert_eq!(
            fields("---\nlicense: MIT\n---\n"),
            ["name", "description", "model"]
        );
        let bad = "---\nname: Bad Name\ndescription: d\nmodel: m\n---\nx";
        assert_eq!(fields(bad), ["id"]);
    }

    #[test]
    fn aliases_cannot_explode() {
        let mut bomb = String::from("---\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for n in 1..20 {
            let of = n - 1;
            bomb +=
                &format!("a{n}: &a{n} [*a{of}, *a{of}, *a{of}, *a{of}, *a{of}, *a{of}, *a{of}]\n");
        }
        bomb += "---\n";
        assert!(parse(bomb.as_bytes()).is_err());
    }
}
