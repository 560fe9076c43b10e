//! Manifests as they come: all that is wrong is told at once.

use super::{BETWEEN, Command, Execute, MAX_TOOL_NAME, Manifest, tool_name};
use crate::{executor::Http, schema::Schema, template};
use openclaw_core::{Code, Error, Fault, Result};
use openclaw_schema::json::parse_text;
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashSet},
    sync::LazyLock,
};

/// Bytes of a manifest.
pub const MAX_MANIFEST: usize = 128 * 1024;

/// Templates that a command may have: each is bounded in time, and so are all of them.
const MAX_TEMPLATES: usize = 100;

/// What the gateway says about a connection by itself.
pub const OWN_HEADERS: [&str; 9] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The manifest's form.
static FORM: LazyLock<std::result::Result<Schema, Vec<Fault>>> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(include_str!("schema.json")).unwrap_or_default();
    Schema::build(&schema, "")
});

/// Reads a manifest; 400 names every fault by its path, 413 over [`MAX_MANIFEST`] bytes.
pub fn parse(text: &[u8]) -> Result<Manifest> {
    if text.len() > MAX_MANIFEST {
        let message = format!("A manifest has at most {MAX_MANIFEST} bytes");
        return Err(Error::new(Code::PayloadTooLarge, message));
    }
    read(openclaw_schema::parse(parse_text(text)?, "")?)
}

/// The same of a document that was read.
pub fn read(document: Value) -> Result<Manifest> {
    let form = FORM.as_ref();
    let form = form.map_err(|faults| Error::internal(format_args!("manifests: {faults:?}")))?;
    let mut faults = form.faults(&document, "");
    faults.extend(schema_faults(&document));
    // What can be read is looked at further, also where something else is wrong.
    let read = serde_json::from_value::<Manifest>(document);
    if let Ok(manifest) = &read {
        inside(manifest, &mut faults);
    }
    let mut seen = HashSet::new();
    faults.retain(|fault| seen.insert((fault.field.clone(), fault.issue.clone())));
    Error::ensure_faultless(faults)?;
    read.map_err(Error::internal)
}

/// What is wrong with the schemas of the commands' parameters.
fn schema_faults(document: &Value) -> Vec<Fault> {
    let commands = document.get("commands").and_then(Value::as_object);
    let schemas = commands
        .into_iter()
        .flatten()
        .filter_map(|(name, command)| {
            let parameters = command.get("parameters").filter(|it| it.is_object())?;
            Some((format!("commands.{name}.parameters"), parameters))
        });
    let faults = schemas.flat_map(|(path, parameters)| {
        let mut faults = Schema::new(parameters, &path).err().unwrap_or_default();
        if parameters.get("type").is_none_or(|kind| kind != "object") {
            faults.push(Fault::new(format!("{path}.type"), "must be \"object\""));
        }
        faults
    });
    faults.collect()
}

/// What the form cannot say.
fn inside(manifest: &Manifest, faults: &mut Vec<Fault>) {
    if let Some(server) = &manifest.mcp {
        let templates = 0;
        let mut check = Check { faults, templates };
        check.headers(&server.headers, "mcp", &["secrets"]);
    }
    for (name, command) in &manifest.commands {
        let path = format!("commands.{name}");
        if tool_name(&manifest.id, name).len() > MAX_TOOL_NAME {
            let issue = format!(
                "must have at most {MAX_TOOL_NAME} characters together with the id and {BETWEEN}"
            );
            faults.push(Fault::new(&path, issue));
        }
        check_command(command, &format!("{path}.execute"), faults);
    }
}

fn check_command(command: &Command, path: &str, faults: &mut Vec<Fault>) {
    let mut check = Check {
        faults,
        templates: 0,
    };
    match &command.execute {
        Execute::Http(http) => check.http(http, path),
        Execute::Mcp(mcp) => check.headers(&mcp.server.headers, path, &["secrets"]),
        Execute::Prompt(prompt) => {
            let names = ["parameters"];
            if let Some(system) = &prompt.system {
                check.text(system, &format!("{path}.system"), &names);
            }
            check.text(&prompt.prompt, &format!("{path}.prompt"), &names);
        }
        Execute::Builtin(_) => {}
    }
    if check.templates > MAX_TEMPLATES {
        let issue = format!("must have at most {MAX_TEMPLATES} templates");
        faults.push(Fault::new(path, issue));
    }
}

struct Check<'a> {
    faults: &'a mut Vec<Fault>,
    templates: usize,
}

impl Check<'_> {
    fn http(&mut self, http: &Http, path: &str) {
        // What is shown: secrets are for requests only.
        let shown = ["parameters", "steps"];
        let sent = ["parameters", "steps", "secrets"];
        let mut ids = HashSet::new();
        for (n, step) in http.steps.iter().enumerate() {
            let path = format!("{path}.steps[{n}]");
            if !ids.insert(step.id(n)) {
                let fault = Fault::new(format!("{path}.id"), "must be used once");
                self.faults.push(fault);
            }
            self.text(&step.request.url, &format!("{path}.url"), &sent);
            for (name, value) in &step.request.query {
                self.value(value, &format!("{path}.query.{name}"), &sent);
            }
            self.headers(&step.request.headers, &path, &sent);
            self.value(&step.request.body, &format!("{path}.body"), &sent);
            for (m, rule) in step.errors.iter().enumerate() {
                let path = format!("{path}.errors[{m}]");
                self.text(&rule.when, &format!("{path}.when"), &shown);
                self.text(&rule.message, &format!("{path}.message"), &shown);
            }
        }
        if let Some(result) = &http.result {
            self.value(result, &format!("{path}.result"), &shown);
        }
    }

    fn headers(&mut self, headers: &BTreeMap<String, String>, path: &str, names: &[&str]) {
        for (name, value) in headers {
            let path = format!("{path}.headers.{name}");
            if OWN_HEADERS.contains(&&*name.to_ascii_lowercase()) {
                let issue = "must not be set: it belongs to the connection";
                self.faults.push(Fault::new(&path, issue));
            }
            self.text(value, &path, names);
        }
    }

    fn value(&mut self, template: &Value, path: &str, names: &[&str]) {
        template::check(template, path, names, &mut self.templates, self.faults);
    }

    fn text(&mut self, template: &str, path: &str, names: &[&str]) {
        template::check_text(template, path, names, &mut self.templates, self.faults);
    }
}
