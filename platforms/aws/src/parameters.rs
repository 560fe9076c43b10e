//! Secrets from SSM's Parameter Store, in which they cost nothing while nobody calls.
//!
//! One operation (`GetParametersByPath`, AWS JSON 1.1) signed by AWS's own signer: the SDK's crate for
//! SSM has all of its operations, of which a function needs this one.

use crate::{
    Settings,
    http::whole,
    signed::{signed, text},
};
use ::http::{Request, header};
use bytes::Bytes;
use openclaw_core::{Http, Secret};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Secrets by their names.
pub(crate) type Parameters = BTreeMap<String, Secret>;

/// The most that the operation gives at once.
const PAGE: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    parameters: Vec<Parameter>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    name: String,
    value: String,
}

/// All parameters directly below the path; none where there is no path. The error has no value of
/// any of them in it.
pub(crate) async fn read(settings: &Settings, http: &dyn Http) -> Result<Parameters, String> {
    let mut all = Parameters::new();
    let Some(path) = &settings.parameters else {
        return Ok(all);
    };
    let mut next = None;
    loop {
        let page = page(settings, http, path, next).await;
        let page =
            page.map_err(|error| format!("the parameters below {path} cannot be read: {error}"))?;
        for Parameter { name, value } in page.parameters {
            let name = name.rsplit('/').next().unwrap_or_default().to_owned();
            all.insert(name, Secret::new(value));
        }
        next = page.next_token;
        if next.is_none() {
            return Ok(all);
        }
    }
}

async fn page(
    settings: &Settings,
    http: &dyn Http,
    path: &str,
    next: Option<String>,
) -> Result<Page, String> {
    let mut body = serde_json::json!({
        "Path": path,
        "WithDecryption": true,
        "MaxResults": PAGE,
    });
    if let Some(next) = next {
        body["NextToken"] = next.into();
    }
    let request = request(settings, body.to_string())?;
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

fn request(settings: &Settings, body: String) -> Result<Request<Bytes>, String> {
    let request = Request::post(format!("{}/", settings.ssm.trim_end_matches('/')))
        .header(header::CONTENT_TYPE, "application/x-amz-json-1.1")
        .header("x-amz-target", "AmazonSSM.GetParametersByPath")
        .body(Bytes::from(body))
        .map_err(text)?;
    signed(settings, "ssm", request)
}
