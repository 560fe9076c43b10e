//! docs/openapi.json: that it is what the code says, and that its examples are.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::Path};

fn docs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn document() -> Value {
    openclaw_openapi::document(&openclaw_openapi_document::groups())
}

fn operations(document: &Value) -> Vec<&Value> {
    let paths = document["paths"].as_object().expect("paths");
    let methods = paths.values().filter_map(Value::as_object);
    methods.flat_map(|methods| methods.values()).collect()
}

#[test]
fn what_is_committed_is_what_the_code_says() {
    for (name, text) in openclaw_openapi_document::files(&docs()).expect("the documents") {
        let committed = fs::read_to_string(docs().join(name)).unwrap_or_default();
        assert!(
            committed == text,
            "docs/{name} is out of date: run `cargo xtask openapi`"
        );
    }
}

#[test]
fn operations_have_names_of_their_own() {
    let document = document();
    let ids = operations(&document);
    let ids = Vec::from_iter(
        ids.iter()
            .map(|it| it["operationId"].as_str().expect("an id")),
    );
    let distinct = BTreeSet::from_iter(&ids);
    assert!(ids.len() > 50);
    assert_eq!(distinct.len(), ids.len(), "{ids:?}");
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document = document();
    let mut used = BTreeSet::new();
    collect(&document, &mut used);
    for reference in &used {
        let pointer = reference.strip_prefix('#').expect("inside");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for kind in ["schemas", "responses", "headers"] {
        let components = document["components"][kind].as_object().expect(kind);
        for name in components.keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(used.contains(&reference), "{reference} is unused");
        }
    }
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|item| collect(item, found)),
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str).map(Into::into));
            object.values().for_each(|item| collect(item, found));
        }
        _ => {}
    }
}

#[test]
fn examples_are_as_their_schemas_say() {
    let document = document();
    let mut bodies = vec![];
    let responses = document["components"]["responses"]
        .as_object()
        .expect("responses");
    bodies.extend(responses.values().map(|response| &response["content"]));
    for operation in operations(&document) {
        bodies.push(&operation["requestBody"]["content"]);
        let responses = operation["responses"].as_object().expect("responses");
        bodies.extend(responses.values().map(|response| &response["content"]));
    }
    let mut checked = 0;
    for body in bodies.into_iter().filter_map(Value::as_object) {
        for media in body.values().filter(|media| !media["example"].is_null()) {
            let schema = json!({
                "allOf": [media["schema"]], "components": document["components"],
            });
            let validator = jsonschema::validator_for(&schema).expect("a schema");
            let wrong = validator.iter_errors(&media["example"]).next();
            assert!(wrong.is_none(), "{wrong:?}: {}", media["example"]);
            checked += 1;
        }
    }
    assert!(checked > 30, "{checked} examples");
}
