//! Secrets from SSM's Parameter Store, in which they cost nothing while nobody calls.
//!
//! Asked for by name, because a policy can tell names apart, and not what is below a path: a function gets
//! the secrets that it uses. The keys of vendors that no configuration names, of which there are more than a
//! hundred, have a path of their own below, `vendors`: all that are there are read from it. Two operations
//! (`GetParameters` and `GetParametersByPath`, AWS JSON 1.1) signed by AWS's own signer; why not by the SDK's
//! crate: docs/decisions/aws-sdk.md.

use crate::{
    Settings,
    http::whole,
    signed::{signed, text},
};
use ::http::{Request, header};
use bytes::Bytes;
use futures_util::future::{try_join, try_join_all};
use openclaw_core::{Http, Secret};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Secrets by their names.
pub(crate) type Parameters = BTreeMap<String, Secret>;

/// The most names that the operation takes at once, and parameters that a page of a path has.
const MAX_NAMES: usize = 10;

/// Pages of the vendors' path that are read: twice as many as there are vendors.
const MAX_PAGES: usize = 30;

/// The vendors' path, below the gateway's own.
const VENDORS: &str = "vendors";

const BY_NAMES: &str = "AmazonSSM.GetParameters";
const BY_PATH: &str = "AmazonSSM.GetParametersByPath";

/// Parameters that are there; the others are left out.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    #[serde(default)]
    parameters: Vec<Parameter>,
    /// Where the next page begins.
    #[serde(default)]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    name: String,
    value: String,
}

/// Those of `names` that are below the path, and, where it is asked for, what is below the vendors' path; none where
/// there is no path. What stands in both is the one by name. The error has no value of any of them in it.
pub(crate) async fn read(
    settings: &Settings,
    http: &dyn Http,
    names: &[String],
    with_vendors: bool,
) -> Result<Parameters, String> {
    let Some(path) = &settings.parameters else {
        return Ok(Parameters::new());
    };
    let by_name = names
        .chunks(MAX_NAMES)
        .map(|names| find(settings, http, path, names));
    let vendors = async {
        match with_vendors {
            true => below(settings, http, &format!("{path}/{VENDORS}")).await,
            false => Ok(vec![]),
        }
    };
    let found = try_join(vendors, try_join_all(by_name)).await;
    let (vendors, by_name) =
        found.map_err(|error| format!("the parameters below {path} cannot be read: {error}"))?;
    let by_name = by_name.into_iter().flat_map(|found| found.parameters);
    let named = vendors.into_iter().chain(by_name);
    let named = named.map(|Parameter { name, value }| {
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        (name, Secret::new(value))
    });
    Ok(named.collect())
}

/// All that is right below `path`.
async fn below(settings: &Settings, http: &dyn Http, path: &str) -> Result<Vec<Parameter>, String> {
    let (mut all, mut next) = (vec![], None::<String>);
    for _ in 0..MAX_PAGES {
        let mut body = serde_json::json!({
            "Path": path,
            "WithDecryption": true,
            "MaxResults": MAX_NAMES,
        });
        if let Some(next) = next {
            body["NextToken"] = next.into();
        }
        let found = ask(settings, http, BY_PATH, &body).await?;
        all.extend(found.parameters);
        next = found.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
    Err(format!(
        "there are more than {} below {path}",
        MAX_PAGES * MAX_NAMES
    ))
}

async fn find(
    settings: &Settings,
    http: &dyn Http,
    path: &str,
    names: &[String],
) -> Result<Found, String> {
    let names = names.iter().map(|name| format!("{path}/{name}"));
    let body = serde_json::json!({
        "Names": Vec::from_iter(names),
        "WithDecryption": true,
    });
    ask(settings, http, BY_NAMES, &body).await
}

async fn ask(
    settings: &Settings,
    http: &dyn Http,
    operation: &str,
    body: &Value,
) -> Result<Found, String> {
    let request = request(settings, operation, body.to_string())?;
    let response = http.send(request).await.map_err(text)?;
    let status = response.status();
    let whole = whole(response.into_body()).await.map_err(text)?;
    if !status.is_success() {
        // Of a refusal only AWS's name for it.
        let kind = serde_json::from_slice::<Refusal>(&whole).map(|refusal| refusal.kind);
        return Err(format!("{status} {}", kind.unwrap_or_default()));
    }
    // serde's text may quote what it found.
    serde_json::from_slice(&whole).map_err(|_| "the answer is not what SSM answers".into())
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type")]
    kind: String,
}

fn request(settings: &Settings, operation: &str, body: String) -> Result<Request<Bytes>, String> {
    let request = Request::post(format!("{}/", settings.ssm.trim_end_matches('/')))
        .header(header::CONTENT_TYPE, "application/x-amz-json-1.1")
        .header("x-amz-target", operation)
        .body(Bytes::from(body))
        .map_err(text)?;
    signed(settings, "ssm", request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::StatusCode;
    use openclaw_testkit::{Reply, ScriptedHttp};
    use serde_json::json;

    fn settings(path: Option<&str>) -> Settings {
        let variable = |name: &str| match name {
            "OPENCLAW_PARAMETERS" => path.map(str::to_owned),
            "AWS_REGION" => Some("eu-central-1".into()),
            name if name.starts_with("AWS_ENDPOINT") => None,
            name => Some(name.to_lowercase()),
        };
        Settings::new(variable).unwrap()
    }

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|at| format!("NAME_{at:02}")).collect()
    }

    #[tokio::test]
    async fn secrets_are_asked_for_by_name_ten_at_a_time() {
        let http = ScriptedHttp::default();
        for values in [
            json!([{"Name": "/openclaw/dev/NAME_00", "Value": "first"}]),
            json!([{"Name": "/openclaw/dev/NAME_10", "Value": "last"}]),
        ] {
            let body =
                json!({"Parameters": values, "InvalidParameters": ["/openclaw/dev/NAME_05"]});
            http.reply(Reply::json(StatusCode::OK, body.to_string()));
        }
        let settings = settings(Some("/openclaw/dev"));
        let found = read(&settings, &http, &names(11), false).await.unwrap();
        let found = found
            .iter()
            .map(|(name, value)| (name.as_str(), value.reveal()));
        assert_eq!(
            Vec::from_iter(found),
            [("NAME_00", "first"), ("NAME_10", "last")]
        );
        let asked = http.take_requests();
        let asked = asked.iter().map(|request| {
            assert_eq!(request.headers()["x-amz-target"], "AmazonSSM.GetParameters");
            let signature = request.headers()["authorization"].to_str().unwrap();
            assert!(signature.contains("/eu-central-1/ssm/aws4_request"));
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            assert_eq!(body["WithDecryption"], true);
            body["Names"].as_array().unwrap().len()
        });
        assert_eq!(Vec::from_iter(asked), [10, 1]);
    }

    #[tokio::test]
    async fn the_vendors_path_is_read_to_its_end_and_a_name_comes_first() {
        let http = ScriptedHttp::default();
        let vendor = |name: &str, value: &str| json!({"Name": format!("/openclaw/dev/vendors/{name}"), "Value": value});
        for body in [
            json!({"Parameters": [vendor("NAME_00", "other"), vendor("ONE", "1")], "NextToken": "more"}),
            json!({"Parameters": [vendor("TWO", "2")]}),
            json!({"Parameters": [{"Name": "/openclaw/dev/NAME_00", "Value": "own"}]}),
        ] {
            http.reply(Reply::json(StatusCode::OK, body.to_string()));
        }
        let settings = settings(Some("/openclaw/dev"));
        let found = read(&settings, &http, &names(1), true).await.unwrap();
        let found = found
            .iter()
            .map(|(name, value)| (name.as_str(), value.reveal()));
        assert_eq!(
            Vec::from_iter(found),
            [("NAME_00", "own"), ("ONE", "1"), ("TWO", "2")]
        );
        let asked = http.take_requests();
        let asked = asked.iter().map(|request| {
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            let operation = request.headers()["x-amz-target"].to_str().unwrap();
            (
                operation.trim_start_matches("AmazonSSM.").to_owned(),
                body["Path"].clone(),
                body["NextToken"].clone(),
            )
        });
        let path = json!("/openclaw/dev/vendors");
        assert_eq!(
            Vec::from_iter(asked),
            [
                ("GetParametersByPath".into(), path.clone(), Value::Null),
                ("GetParametersByPath".into(), path, json!("more")),
                ("GetParameters".into(), Value::Null, Value::Null),
            ]
        );
    }

    #[tokio::test]
    async fn a_path_without_an_end_is_refused() {
        let http = ScriptedHttp::default();
        for _ in 0..MAX_PAGES {
            let body = json!({"Parameters": [], "NextToken": "more"});
            http.reply(Reply::json(StatusCode::OK, body.to_string()));
        }
        let settings = settings(Some("/openclaw/dev"));
        let error = read(&settings, &http, &[], true).await.unwrap_err();
        assert!(error.contains("more than 300"), "{error}");
    }

    #[tokio::test]
    async fn without_a_path_nobody_is_asked() {
        let http = ScriptedHttp::default();
        let found = read(&settings(None), &http, &names(3), true).await.unwrap();
        assert!(found.is_empty() && http.take_requests().is_empty());
    }

    #[tokio::test]
    async fn a_refusal_is_told_by_its_name_and_no_value_is() {
        for (status, body) in [
            (
                400,
                r#"{"__type":"AccessDeniedException","message":"hush"}"#,
            ),
            (200, r#"{"Parameters":[{"Name":"N","Value":["hush"]}]}"#),
        ] {
            let http = ScriptedHttp::default();
            http.reply(Reply::json(StatusCode::from_u16(status).unwrap(), body));
            let settings = settings(Some("/openclaw/dev"));
            let error = read(&settings, &http, &names(1), false).await.unwrap_err();
            assert!(
                error.contains("/openclaw/dev") && !error.contains("hush"),
                "{error}"
            );
            assert_eq!(error.contains("AccessDenied"), status == 400, "{error}");
        }
    }
}
