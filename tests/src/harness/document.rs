//! `docs/asyncapi.yaml`: what it says that frames look like.

use jsonschema::Validator;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::LazyLock};

/// Who sends a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sender {
    /// A client.
    Client,
    /// The gateway.
    Server,
}

/// The document, as it is in the repository.
#[derive(Debug)]
pub struct Document {
    /// All of it.
    pub json: Value,
    /// By sender and `type`.
    frames: BTreeMap<(Sender, String), Validator>,
}

impl Document {
    /// It.
    ///
    /// # Panics
    /// When it is none, or its operations name what it does not have.
    pub fn get() -> &'static Self {
        static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
            let text = include_str!("../../../docs/asyncapi.yaml");
            Document::new(serde_yaml_ng::from_str(text).expect("YAML"))
        });
        &DOCUMENT
    }

    fn new(json: Value) -> Self {
        let mut frames = BTreeMap::new();
        for (sender, message) in messages(&json) {
            let kind =
                json["components"]["messages"][&message]["payload"]["properties"]["type"]["const"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{message} is no message of one type"));
            let schema = json!({
                "$schema": "http://json-schema.org/draft-07/schema#",
                "$ref": format!("#/components/messages/{message}/payload"),
                "components": json["components"],
            });
            let validator = jsonschema::options()
                .should_validate_formats(true)
                .build(&schema)
                .unwrap_or_else(|wrong| panic!("{message}: {wrong}"));
            frames.insert((sender, kind.to_string()), validator);
        }
        Self { json, frames }
    }

    /// What is wrong with a frame; nothing where it is as the document says.
    ///
    /// # Errors
    /// Its type is unknown from that sender, or all that its schema has against it.
    pub fn check(&self, sender: Sender, frame: &Value) -> Result<(), String> {
        let kind = frame["type"].as_str().unwrap_or_default();
        let Some(validator) = self.frames.get(&(sender, kind.to_string())) else {
            return Err(format!("no frame of a {sender:?} has the type {kind:?}"));
        };
        let wrong: Vec<String> = validator
            .iter_errors(frame)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(wrong.join("; ")),
        }
    }

    /// Every message's name, and who sends it.
    pub fn messages(&self) -> Vec<(Sender, String)> {
        messages(&self.json)
    }
}

/// Operations are the gateway's: it receives what clients send, and replies.
fn messages(json: &Value) -> Vec<(Sender, String)> {
    let operations = json["operations"].as_object().expect("operations");
    let named = |list: &Value| -> Vec<String> {
        let list = list.as_array().into_iter().flatten();
        list.filter_map(|message| message["$ref"].as_str()?.rsplit_once('/'))
            .map(|(_, name)| name.to_string())
            .collect()
    };
    let mut all: Vec<(Sender, String)> = operations
        .values()
        .flat_map(|operation| {
            let sender = match operation["action"].as_str() {
                Some("receive") => Sender::Client,
                _ => Sender::Server,
            };
            let own = named(&operation["messages"]);
            let replies = named(&operation["reply"]["messages"]);
            let own = own.into_iter().map(move |name| (sender, name));
            own.chain(replies.into_iter().map(|name| (Sender::Server, name)))
        })
        .collect();
    all.sort();
    all.dedup();
    all
}
