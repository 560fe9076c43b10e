//! Which secrets a function may read.

use super::{FUNCTIONS, properties, resource, template, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// The last segments of the parameters that a function's statements with `effect` name.
fn parameters(template: &Value, name: &str, action: &str, effect: &str) -> BTreeSet<String> {
    let policies = properties(template, &resource(name))["Policies"].clone();
    let statements = policies.as_array().unwrap().iter();
    let statements = statements.flat_map(|policy| policy["Statement"].as_array().unwrap());
    let statements = statements.filter(|one| one["Action"] == action);
    let named =
        statements
            .filter(|one| one["Effect"] == effect)
            .flat_map(|one| match &one["Resource"] {
                Value::Array(all) => all.clone(),
                one => vec![one.clone()],
            });
    let last = |resource: Value| {
        let resource = resource.as_str().unwrap().to_owned();
        let below = resource.split_once(":parameter/openclaw/${Environment}/");
        below.expect(&resource).1.to_owned()
    };
    named.map(last).collect()
}

#[test]
fn each_function_may_read_the_secrets_that_it_uses_and_no_others() {
    let template = template();
    let code = text("platforms/aws/src/parameters.rs");
    let (by_name, by_path) = ("ssm:GetParameters", "ssm:GetParametersByPath");
    for action in [by_name, by_path] {
        let operation = action.replace("ssm:", "AmazonSSM.");
        assert!(code.contains(&format!("\"{operation}\"")));
    }
    let all = |names: &[&str]| BTreeSet::from_iter(names.iter().map(|name| (*name).to_owned()));
    const ADMIN: &str = "OPENCLAW_ADMIN_TOKEN";
    const MASTER: &str = "OPENCLAW_MASTER_KEY";
    const JWT: &str = "OPENCLAW_JWT_SECRETS";
    const PEPPER: &str = "OPENCLAW_KEY_PEPPER";
    for name in FUNCTIONS {
        let entry = text(&format!("functions/{name}/src/bin/lambda.rs"));
        let is_operators = entry.contains(".for_operator()");
        let knows_callers = !entry.contains(".for_anybody()");
        let is_sealing = entry.contains(".sealing()");
        let with_models = entry.contains("::with_models(");
        let (allowed, denied) = match with_models {
            _ if entry.contains("run_dispatcher()") => (all(&[]), all(&[])),
            // The configuration names the providers' keys.
            true => {
                let own = [
                    (ADMIN, is_operators),
                    (MASTER, is_sealing),
                    (JWT, knows_callers),
                    (PEPPER, knows_callers),
                ];
                let denied = own.iter().filter(|(_, uses)| !uses);
                let denied = Vec::from_iter(denied.map(|(name, _)| *name));
                (all(&["*"]), all(&denied))
            }
            false => {
                let own = [
                    (JWT, knows_callers),
                    (PEPPER, knows_callers),
                    (ADMIN, is_operators),
                    (MASTER, is_sealing),
                ];
                let used = own.iter().filter(|(_, uses)| *uses);
                let used = Vec::from_iter(used.map(|(name, _)| *name));
                (all(&used), all(&[]))
            }
        };
        let named = |action, effect| parameters(&template, name, action, effect);
        assert_eq!(named(by_name, "Allow"), allowed, "{name}");
        assert_eq!(named(by_name, "Deny"), denied, "{name}");
        // What is below a path cannot be told apart: there is nothing but vendors' keys.
        let vendors = match with_models {
            true => all(&["vendors", "vendors/*"]),
            false => all(&[]),
        };
        assert_eq!(named(by_path, "Allow"), vendors, "{name}");
    }
}
