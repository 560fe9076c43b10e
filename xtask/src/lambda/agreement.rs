//! template.yaml and samconfig.toml against the code: what stands in one only is a function that fails
//! once it is deployed, and nowhere before.

mod jobs;
mod secrets;

use super::{
    FUNCTIONS,
    build::{SOURCES, resource},
};
use crate::cargo;
use cargo_metadata::MetadataCommand;
use openclaw_auth::OPERATOR;
use openclaw_core::Code;
use openclaw_function_gateway::{ROUTES, function};
use openclaw_function_realtime::SESSION;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

const METHODS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];
/// The SDK's names of operations, and what a policy calls them.
const OPERATIONS: [(&str, &str); 7] = [
    (".get_item()", "dynamodb:GetItem"),
    (".query()", "dynamodb:Query"),
    (".put_item()", "dynamodb:PutItem"),
    (".update_item()", "dynamodb:UpdateItem"),
    (".delete_item()", "dynamodb:DeleteItem"),
    (".scan()", "dynamodb:Scan"),
    ("ConditionCheck::builder()", "dynamodb:ConditionCheckItem"),
];

fn text(path: &str) -> String {
    fs::read_to_string(cargo::root().join(path)).expect(path)
}

/// All code in a folder.
fn code(folder: &str) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(cargo::root().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let inside = path.strip_prefix(cargo::root()).unwrap();
            all += &code(inside.to_str().unwrap());
        } else {
            all += &fs::read_to_string(path).unwrap();
        }
    }
    all
}

/// The template as JSON. `!Ref X` and the like become what they are applied to.
fn template() -> Value {
    fn plain(value: serde_yaml_ng::Value) -> Value {
        use serde_yaml_ng::Value as Yaml;
        match value {
            Yaml::Tagged(tagged) => plain(tagged.value),
            Yaml::Sequence(values) => values.into_iter().map(plain).collect(),
            Yaml::Mapping(pairs) => {
                let pairs = pairs.into_iter();
                let key = |key: Yaml| key.as_str().expect("a text").to_owned();
                pairs
                    .map(|(name, value)| (key(name), plain(value)))
                    .collect()
            }
            other => serde_json::to_value(other).unwrap(),
        }
    }
    plain(serde_yaml_ng::from_str(&text("template.yaml")).unwrap())
}

fn properties(template: &Value, name: &str) -> Value {
    template["Resources"][name]["Properties"].clone()
}

/// The value of `const NAME: &str = "…"`.
fn constant(path: &str, name: &str) -> String {
    let (code, wanted) = (text(path), format!("const {name}: &str = \""));
    let (_, rest) = code.split_once(&wanted).expect(&wanted);
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn every_function_is_built_from_its_package() {
    let template = template();
    let resources = template["Resources"].as_object().unwrap();
    let is_function = |value: &Value| value["Type"] == "AWS::Serverless::Function";
    let functions = resources.iter().filter(|(_, value)| is_function(value));
    let functions = BTreeSet::from_iter(functions.map(|(name, _)| name.clone()));
    assert_eq!(functions, BTreeSet::from_iter(FUNCTIONS.map(resource)));
    for name in FUNCTIONS {
        let function = &template["Resources"][resource(name)];
        let binary = format!("openclaw-lambda-{name}");
        let expected = json!({
            "BuildMethod": "rust-cargolambda",
            "BuildProperties": {"Binary": binary},
        });
        assert_eq!(function["Metadata"], expected, "{name}");
        let folder = format!("functions/{name}");
        assert_eq!(function["Properties"]["CodeUri"], folder);
        let manifest: toml::Table = text(&format!("{folder}/Cargo.toml")).parse().unwrap();
        let manifest = serde_json::to_value(manifest).unwrap();
        let expected = json!([{
            "name": binary, "path": "src/bin/lambda.rs", "required-features": ["lambda"],
        }]);
        assert_eq!(manifest["bin"], expected, "{name}");
    }
    let cargo: toml::Table = text("Cargo.toml").parse().unwrap();
    let build = &cargo["workspace"]["metadata"]["lambda"]["build"];
    assert_eq!(build["features"][0].as_str(), Some("lambda"));
}

/// The integration of `method path` as API Gateway finds it: segment by segment, what is named before
/// what catches all, and never back.
fn integration(paths: &Value, path: &str, method: &str) -> Option<Value> {
    let patterns = Vec::from_iter(paths.as_object().unwrap().keys());
    let mut at = String::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let next = format!("{at}/{segment}");
        let inside = format!("{next}/");
        let is_there = |one: &String| *one == next || one.starts_with(&inside);
        if !patterns.iter().any(|one| is_there(one)) {
            at = format!("{at}/{{proxy+}}");
            break;
        }
        at = next;
    }
    let at = if at.is_empty() { "/" } else { &*at };
    let found = &paths[at][method]["x-amazon-apigateway-integration"];
    (!found.is_null()).then(|| found.clone())
}

#[test]
fn requests_come_to_the_function_that_has_their_endpoint() {
    let api = properties(&template(), "Api");
    let paths = &api["DefinitionBody"]["paths"];
    let mut asked = Vec::from_iter([
        "/",
        "/nowhere",
        "/v1",
        "/v1/",
        "/v1/chats",
        "/v2/chat",
        "/chat",
    ]);
    asked.extend(["/api/v1", "/api/v1/nowhere", "/api/api/v1/chat"]);
    let mut asked = Vec::from_iter(asked.into_iter().map(str::to_owned));
    for (prefix, _) in ROUTES {
        for base in ["/v1", "/api/v1"] {
            asked.push(format!("{base}/{prefix}"));
            asked.push(format!("{base}/{prefix}/one"));
            asked.push(format!("{base}/{prefix}/one/two"));
        }
    }
    for path in &asked {
        let expected = resource(&function(path).to_lowercase());
        for method in METHODS {
            let found = integration(paths, path, method);
            let found = found.unwrap_or_else(|| panic!("{method} {path} leads nowhere"));
            let uri = found["uri"].as_str().unwrap();
            assert!(
                uri.contains(&format!("${{{expected}.Arn}}")),
                "{method} {path}: {uri}"
            );
        }
    }
}

#[test]
fn what_the_function_streams_api_gateway_streams() {
    let template = template();
    let api = properties(&template, "Api");
    for (prefix, _) in ROUTES {
        let path = format!("/v1/{prefix}/one");
        let name = function(&path).to_lowercase();
        let entry = text(&format!("functions/{name}/src/bin/lambda.rs"));
        let streams = entry.contains("Mode::Streaming");
        let is_whole = entry.contains("Mode::Buffered") || entry.contains("run_sockets(");
        assert_ne!(streams, is_whole, "{name}");
        let found = integration(&api["DefinitionBody"]["paths"], &path, "post").unwrap();
        let uri = found["uri"].as_str().unwrap();
        assert_eq!(
            uri.ends_with("/response-streaming-invocations"),
            streams,
            "{path}"
        );
        assert_eq!(found["responseTransferMode"] == "STREAM", streams, "{path}");
        let works_beside = name == "realtime" || entry.contains(".consuming(");
        // One that waits for a model is not ended before the function is.
        let milliseconds = found["timeoutInMillis"].as_u64().unwrap_or(29_000);
        let function = properties(&template, &resource(&name));
        let globals = &template["Globals"]["Function"]["Timeout"];
        let seconds = function["Timeout"].as_u64().or(globals.as_u64()).unwrap();
        // What takes its time may be done for no request.
        assert!(
            milliseconds == 1000 * seconds || works_beside && milliseconds < 1000 * seconds,
            "{path}"
        );
    }
}

#[test]
fn tables_have_the_keys_that_the_stores_ask_for() {
    let template = template();
    let (kv, ledger) = (
        "platforms/aws/src/kv.rs",
        "platforms/aws/src/ledger/layout.rs",
    );
    let key = |path, name, kind| json!({"AttributeName": constant(path, name), "KeyType": kind});
    let expected = [
        ("KvTable", kv, vec![key(kv, "KEY", "HASH")]),
        (
            "LedgerTable",
            ledger,
            vec![key(ledger, "ACCOUNT", "HASH"), key(ledger, "KEY", "RANGE")],
        ),
    ];
    for (table, path, keys) in expected {
        let table = properties(&template, table);
        let texts = keys
            .iter()
            .map(|key| json!({"AttributeName": key["AttributeName"], "AttributeType": "S"}));
        assert_eq!(table["AttributeDefinitions"], texts.collect::<Value>());
        assert_eq!(table["KeySchema"], json!(keys));
        let expiry = json!({"AttributeName": constant(path, "TTL"), "Enabled": true});
        assert_eq!(table["TimeToLiveSpecification"], expiry);
    }
    let put = format!("CONFIG = \"{}\"\n", openclaw_web::CONFIG);
    assert!(text("platforms/aws/tables.py").contains(&put), "{put}");
}

#[test]
fn variables_are_those_that_the_code_reads() {
    let template = template();
    let set = template["Globals"]["Function"]["Environment"]["Variables"]
        .as_object()
        .unwrap();
    // The dispatcher's own are not everybody's.
    let code = code("platforms/aws/src").replace(&text("platforms/aws/src/dispatch.rs"), "");
    for name in set.keys().filter(|name| name.starts_with("OPENCLAW_")) {
        assert!(
            code.contains(&format!("variable(\"{name}\")"))
                || code.contains(&format!("needed(\"{name}\")")),
            "nobody reads {name}"
        );
    }
    let needed = code
        .split("needed(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    for name in needed.filter(|name| !name.starts_with("AWS_")) {
        assert!(set.contains_key(name), "{name} is missing");
    }
    assert_eq!(set["OPENCLAW_PARAMETERS"], "/openclaw/${Environment}");
    assert_eq!(set["AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH"], "true");
}

/// What a function may do with a table, by the partitions that it may do it in (`*` for all).
fn allowed(template: &Value, name: &str, table: &str) -> BTreeMap<String, BTreeSet<String>> {
    let policies = properties(template, &resource(name))["Policies"].clone();
    let statements = policies.as_array().unwrap().iter();
    let statements = statements.flat_map(|policy| policy["Statement"].as_array().unwrap());
    let mut allowed = BTreeMap::<_, BTreeSet<_>>::new();
    for statement in statements.filter(|one| one["Resource"] == format!("{table}.Arn")) {
        let condition = statement["Condition"].as_object();
        let keys = condition.and_then(|all| {
            all.values()
                .find_map(|one| one["dynamodb:LeadingKeys"].as_array())
        });
        let keys = keys.map_or_else(|| vec!["*".into()], Clone::clone);
        let actions = match &statement["Action"] {
            Value::Array(actions) => actions.clone(),
            one => vec![one.clone()],
        };
        let actions = actions
            .iter()
            .map(|action| action.as_str().unwrap().to_owned());
        for key in keys {
            let key = key.as_str().unwrap().to_owned();
            allowed.entry(key).or_default().extend(actions.clone());
        }
    }
    allowed
}

/// The operations in code that are no more than `among`.
fn operations(code: &str) -> BTreeSet<String> {
    let asked = OPERATIONS.iter().filter(|(call, _)| code.contains(call));
    asked.map(|(_, action)| (*action).to_owned()).collect()
}

#[test]
fn policies_allow_what_the_stores_do_and_no_more() {
    let template = template();
    let ledger =
        operations(&(code("platforms/aws/src/ledger") + &text("platforms/aws/src/ledger.rs")));
    let kv = operations(&text("platforms/aws/src/kv.rs"));
    let read = BTreeSet::from(["dynamodb:GetItem".to_owned()]);
    let write = BTreeSet::from_iter(kv.difference(&read).cloned());
    assert!(!ledger.is_empty() && kv.is_superset(&read) && !write.is_empty());
    let accounts = text("shared/auth/src/directory.rs");
    assert!(
        accounts.contains("random, \"acct_\")"),
        "accounts are called otherwise"
    );
    let keys = format!("{}*", constant("shared/auth/src/record.rs", "KEY"));
    for name in FUNCTIONS {
        let mut of_ledger = BTreeMap::from([("acct_*".to_owned(), ledger.clone())]);
        let mut of_kv = BTreeMap::from([("*".to_owned(), read.clone())]);
        match name {
            "admin" => {
                of_ledger.insert(OPERATOR.to_owned(), ledger.clone());
                of_kv.insert(keys.clone(), write.clone());
            }
            "models" => {
                of_ledger.insert(OPERATOR.to_owned(), ledger.clone());
                let put = BTreeSet::from(["dynamodb:PutItem".to_owned()]);
                of_kv.insert(openclaw_web::OVERLAY.to_owned(), put);
            }
            "health" => of_ledger.clear(),
            "jobs" => {
                of_ledger.clear();
                of_kv.clear();
            }
            "realtime" => {
                let connections = constant("platforms/aws/src/session_store.rs", "CONNECTIONS");
                for partition in [SESSION, &connections] {
                    of_ledger.insert(format!("{partition}*"), ledger.clone());
                }
            }
            _ => {}
        }
        assert_eq!(allowed(&template, name, "LedgerTable"), of_ledger, "{name}");
        assert_eq!(allowed(&template, name, "KvTable"), of_kv, "{name}");
    }
}

/// The calls of S3 in the code, and what a policy calls them.
const BLOB_CALLS: [(&str, &str); 5] = [
    ("Method::GET", "s3:GetObject"),
    ("Method::PUT", "s3:PutObject"),
    ("Method::DELETE", "s3:DeleteObject"),
    ("fn abort_upload", "s3:AbortMultipartUpload"),
    ("list-type=2", "s3:ListBucket"),
];

#[test]
fn functions_of_files_reach_the_accounts_blobs_and_no_other_does() {
    let template = template();
    let code = code("platforms/aws/src/blob");
    let called = BLOB_CALLS.iter().filter(|(call, _)| code.contains(call));
    let called = BTreeSet::from_iter(called.map(|(_, action)| (*action).to_owned()));
    assert_eq!(called.len(), BLOB_CALLS.len());
    for name in FUNCTIONS {
        let policies = properties(&template, &resource(name))["Policies"].clone();
        let statements = policies.as_array().unwrap().iter();
        let statements = statements.flat_map(|policy| policy["Statement"].as_array().unwrap());
        let mut allowed = BTreeSet::new();
        for statement in statements {
            let expected = match statement["Resource"].as_str().unwrap_or_default() {
                "${BlobsBucket.Arn}/acct_*" => false,
                "BlobsBucket.Arn" => true,
                _ => continue,
            };
            let actions = match &statement["Action"] {
                Value::Array(actions) => actions.clone(),
                one => vec![one.clone()],
            };
            for action in actions {
                let action = action.as_str().unwrap().to_owned();
                assert_eq!(action == "s3:ListBucket", expected, "{name}");
                allowed.insert(action);
            }
        }
        let expected = match name {
            // Runs of workflows keep their large values there: the WebSocket starts and watches them, too.
            // A text is written again by removing what an attempt before has left.
            "files" | "extract" | "workflows" | "realtime" => called.clone(),
            // It reads those that a chat names.
            "chat" => BTreeSet::from(["s3:GetObject".to_owned()]),
            _ => BTreeSet::new(),
        };
        assert_eq!(allowed, expected, "{name}");
    }
}

/// The WebSocket's events come to the function that works on sessions, which may write to its
/// connections and call itself, and nothing else.
#[test]
fn the_function_of_the_websocket_may_do_what_it_does() {
    let template = template();
    let function = resource("realtime");
    let api = properties(&template, "SocketApi");
    let routes = api["Routes"].as_object().unwrap();
    let names = BTreeSet::from_iter(routes.keys().map(String::as_str));
    assert_eq!(
        names,
        BTreeSet::from(["$connect", "$default", "$disconnect"])
    );
    for route in routes.values() {
        assert_eq!(route["FunctionArn"], format!("{function}.Arn"));
    }
    let calls = properties(&template, "RealtimeCalls");
    assert_eq!(calls["Roles"], json!([format!("{function}Role")]));
    let statements = calls["PolicyDocument"]["Statement"].as_array().unwrap();
    assert_eq!(statements[0]["Action"], "lambda:InvokeFunction");
    assert_eq!(statements[0]["Resource"], format!("{function}.Arn"));
    assert_eq!(statements[1]["Action"], "execute-api:ManageConnections");
    let code = text("platforms/aws/src/connections.rs");
    let resources = statements[1]["Resource"].as_array().unwrap();
    for (method, resource) in ["POST", "DELETE"].iter().zip(resources) {
        assert!(code.contains(&format!("Method::{method}")));
        let allowed = format!(":${{SocketApi}}/${{Environment}}/{method}/@connections/*");
        assert!(resource.as_str().unwrap().ends_with(&allowed), "{resource}");
    }
    // What has not authenticated in time it closes by schedules, which may call it and nothing else.
    let variables = &properties(&template, &function)["Environment"]["Variables"];
    let code = text("platforms/aws/src/schedules.rs");
    for name in variables.as_object().unwrap().keys() {
        assert!(code.contains(&format!("variable(\"{name}\")")), "{name}");
    }
    let scheduled = properties(&template, "RealtimeScheduled");
    assert_eq!(scheduled["Roles"], json!(["RealtimeScheduler"]));
    let invokes = json!({
        "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": format!("{function}.Arn"),
    });
    let allowed = &scheduled["PolicyDocument"]["Statement"];
    assert_eq!(*allowed, json!([invokes]));
    assert_eq!((statements.len(), resources.len()), (2, 2));
}

#[test]
fn what_api_gateway_answers_by_itself_is_in_the_table_of_errors() {
    let api = properties(&template(), "Api");
    let answers = api["DefinitionBody"]["x-amazon-apigateway-gateway-responses"].clone();
    for (name, answer) in answers.as_object().unwrap() {
        let body = answer["responseTemplates"]["application/json"]
            .as_str()
            .unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        let mut known = Code::ALL.into_iter();
        let code = known
            .find(|code| body["error"]["code"] == code.as_str())
            .expect(name);
        assert_eq!(body["error"]["type"], code.kind(), "{name}");
        let status = &answer["statusCode"];
        assert!(
            status.is_null() || *status == code.status(),
            "{name}: {status}"
        );
        let origin =
            &answer["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"];
        assert_eq!(origin, "'*'", "{name}");
    }
}

#[test]
fn each_environment_is_a_stack_of_its_own() {
    let config: toml::Table = text("samconfig.toml").parse().unwrap();
    let template = template();
    for env in template["Parameters"]["Environment"]["AllowedValues"]
        .as_array()
        .unwrap()
    {
        let env = env.as_str().unwrap();
        let deploy = &config[env]["deploy"]["parameters"];
        assert_eq!(
            deploy["stack_name"].as_str(),
            Some(&*format!("openclaw-{env}"))
        );
        let parameters = deploy["parameter_overrides"].as_str().unwrap();
        assert!(
            parameters
                .split(' ')
                .any(|one| one == format!("Environment={env}")),
            "{parameters}"
        );
    }
}

#[test]
fn a_change_to_anything_that_a_function_is_made_of_is_noticed() {
    let all = MetadataCommand::new()
        .current_dir(cargo::root())
        .exec()
        .unwrap();
    let package = |name: &str| all.packages.iter().find(|package| package.name == name);
    let mut wanted = Vec::from_iter(FUNCTIONS.map(|name| format!("openclaw-function-{name}")));
    let mut seen = BTreeSet::new();
    while let Some(name) = wanted.pop() {
        let Some(package) = package(&name) else {
            continue;
        };
        if package.source.is_some() || name == "openclaw-cloudflare" || !seen.insert(name) {
            continue;
        }
        let folder = package.manifest_path.strip_prefix(cargo::root()).unwrap();
        assert!(
            SOURCES.iter().any(|source| folder.starts_with(source)),
            "{folder}"
        );
        let built = package.dependencies.iter();
        let built = built.filter(|one| one.kind != cargo_metadata::DependencyKind::Development);
        wanted.extend(built.map(|one| one.name.clone()));
    }
    assert!(
        seen.contains("openclaw-aws") && seen.contains("openclaw-core"),
        "{seen:?}"
    );
}

/// A key may be in a query string: what API Gateway and WAF write down has none.
#[test]
fn no_log_holds_query_strings() {
    let template = template();
    let api = properties(&template, "Api");
    let format = api["AccessLogSetting"]["Format"].as_str().unwrap();
    let variables = format.split("$context.").skip(1);
    let name = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let known = [
        "requestId",
        "requestTime",
        "httpMethod",
        "path",
        "status",
        "responseLength",
        "responseLatency",
    ];
    let known = known.map(str::to_owned);
    assert!(
        variables.map(name).all(|name| known.contains(&name)),
        "{format}"
    );
    assert_eq!(api["TracingEnabled"], false);
    let sockets = properties(&template, "SocketApi");
    assert!(sockets["AccessLogSettings"].is_null());
    for settings in [&api["MethodSettings"][0], &sockets["DefaultRouteSettings"]] {
        assert_eq!(settings["LoggingLevel"], "OFF");
        assert_eq!(settings["DataTraceEnabled"], false);
    }
    let acl = properties(&template, "WebAcl");
    let rules = acl["Rules"].as_array().unwrap().iter();
    for seen in rules.chain([&acl]) {
        assert_eq!(seen["VisibilityConfig"]["SampledRequestsEnabled"], false);
    }
    let resources = template["Resources"].as_object().unwrap().values();
    let mut kinds = resources.map(|resource| &resource["Type"]);
    assert!(kinds.all(|kind| *kind != "AWS::WAFv2::LoggingConfiguration"));
}

#[test]
fn concurrency_can_be_kept_for_each_function() {
    let template = template();
    for name in FUNCTIONS {
        let function = resource(name);
        let name = function.trim_end_matches("Function");
        let (condition, parameter) = (format!("Reserves{name}"), format!("{name}Concurrency"));
        let kept = &properties(&template, &function)["ReservedConcurrentExecutions"];
        assert_eq!(*kept, json!([condition, parameter, "AWS::NoValue"]));
        assert_eq!(template["Conditions"][&condition], json!([[parameter, 0]]));
        assert_eq!(template["Parameters"][&parameter]["Default"], 0);
    }
}
