//! What template.yaml says of the functions' events: their own variables, where events come from, what becomes of
//! invocations that fail.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use serde_yaml_ng::Value as Yaml;
use std::{collections::BTreeMap, fs, io, path::Path};

/// The template's resources, with names of this machine for what it refers to.
pub(super) struct Template(BTreeMap<String, Value>);

/// A stream whose changes a function is invoked with. The template may use what is here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct EventSource {
    pub(super) event_source_arn: String,
    pub(super) function_name: String,
    pub(super) batch_size: usize,
    pub(super) filter_criteria: FilterCriteria,
    #[expect(dead_code, reason = "it is read so that another one is refused")]
    function_response_types: [ResponseType; 1],
    #[expect(dead_code, reason = "likewise")]
    starting_position: StartingPosition,
}

#[derive(Debug, Deserialize)]
enum ResponseType {
    ReportBatchItemFailures,
}

#[derive(Debug, Deserialize)]
enum StartingPosition {
    #[serde(rename = "TRIM_HORIZON")]
    TrimHorizon,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct FilterCriteria {
    pub(super) filters: Vec<Filter>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Filter {
    /// JSON.
    pub(super) pattern: String,
}

impl Template {
    /// That of this checkout.
    pub(super) fn read() -> io::Result<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
        let yaml = serde_yaml_ng::from_slice(&fs::read(path)?).map_err(io::Error::other)?;
        let template = resolved(yaml);
        serde_json::from_value(template["Resources"].clone())
            .map(Self)
            .map_err(io::Error::other)
    }

    /// The variables that only this function has.
    pub(super) fn variables(&self, function: &str) -> BTreeMap<String, String> {
        let found = self.0.iter().find(|(name, _)| name_of(name) == function);
        let variables = found.map(|(_, resource)| {
            let variables = &resource["Properties"]["Environment"]["Variables"];
            serde_json::from_value(variables.clone()).unwrap_or_default()
        });
        variables.unwrap_or_default()
    }

    /// Where events come from that nobody sends.
    pub(super) fn sources(&self) -> io::Result<Vec<EventSource>> {
        self.all("AWS::Lambda::EventSourceMapping")
    }

    /// The function that is told of an invocation of this one which was given up.
    pub(super) fn on_failure(&self, function: &str) -> Option<String> {
        let configs: Vec<Value> = self.all("AWS::Lambda::EventInvokeConfig").ok()?;
        let of = |config: &&Value| config["FunctionName"] == format!("openclaw-{function}");
        let found = configs.iter().find(of)?;
        let arn = found["DestinationConfig"]["OnFailure"]["Destination"].as_str()?;
        function_of(arn).map(str::to_owned)
    }

    /// Whether it has a resource of that type.
    pub(super) fn has(&self, name: &str, kind: &str) -> bool {
        self.0.get(name).is_some_and(|one| one["Type"] == kind)
    }

    /// Whether this is the ARN of a role.
    pub(super) fn is_role(&self, arn: &str) -> bool {
        let role = arn.strip_suffix(".Arn");
        role.is_some_and(|role| self.has(role, "AWS::IAM::Role"))
    }

    fn all<T: DeserializeOwned>(&self, kind: &str) -> io::Result<Vec<T>> {
        let resources = self.0.values().filter(|resource| resource["Type"] == kind);
        resources
            .map(|resource| serde_json::from_value(resource["Properties"].clone()))
            .collect::<Result<_, _>>()
            .map_err(io::Error::other)
    }
}

/// The ARN of a function or of one of its versions.
pub(super) fn arn(function: &str) -> String {
    format!("arn:aws:lambda:us-east-1:000000000000:function:{function}")
}

/// The function that a name or an ARN names.
pub(super) fn function_of(name: &str) -> Option<&str> {
    let (_, name) = name.split_once(":function:").unwrap_or(("", name));
    let name = name.strip_prefix("openclaw-")?;
    Some(name.split(':').next().unwrap_or(name))
}

/// The function that is called so in the template; other names are none.
fn name_of(resource: &str) -> String {
    let name = resource.strip_suffix("Function").unwrap_or_default();
    name.to_lowercase()
}

/// What a `!Ref` or an `${…}` becomes.
fn reference(name: &str) -> String {
    match (name_of(name), name.strip_suffix("Function.Arn")) {
        (_, Some(function)) => arn(&format!("openclaw-{}", function.to_lowercase())),
        (function, _) if !function.is_empty() => format!("openclaw-{function}"),
        _ => name.to_owned(),
    }
}

fn resolved(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Tagged(tagged) => {
            let text = tagged.value.as_str().map(str::to_owned);
            match (tagged.tag.to_string().trim_start_matches('!'), text) {
                ("Ref" | "GetAtt", Some(name)) => reference(&name).into(),
                ("Sub", Some(text)) => substituted(&text).into(),
                _ => resolved(tagged.value),
            }
        }
        Yaml::Sequence(values) => values.into_iter().map(resolved).collect(),
        Yaml::Mapping(pairs) => pairs
            .into_iter()
            .map(|(name, value)| {
                (
                    name.as_str().unwrap_or_default().to_owned(),
                    resolved(value),
                )
            })
            .collect(),
        other => serde_json::to_value(other).unwrap_or_default(),
    }
}

fn substituted(text: &str) -> String {
    let mut parts = text.split("${");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((name, rest)) => whole += &(reference(name) + rest),
            None => whole += part,
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_to_names_on_this_machine() {
        assert_eq!(
            substituted("a=${ChatFunction}/1 b=${Other}"),
            "a=openclaw-chat/1 b=Other"
        );
        let arn = reference("ChatFunction.Arn");
        assert_eq!(function_of(&arn), Some("chat"));
        assert_eq!(reference("LedgerTable.StreamArn"), "LedgerTable.StreamArn");
    }

    #[test]
    fn the_functions_of_jobs_are_told_of_their_failures() {
        let template = Template::read().unwrap();
        let sources = template.sources().unwrap();
        assert_eq!(sources.len(), 1);
        assert_eq!(function_of(&sources[0].function_name), Some("jobs"));
        assert!(template.variables("jobs")["OPENCLAW_TOPICS"].contains("event=openclaw-webhooks/"));
        assert_eq!(template.on_failure("webhooks").as_deref(), Some("jobs"));
        assert_eq!(template.on_failure("chat"), None);
    }
}
