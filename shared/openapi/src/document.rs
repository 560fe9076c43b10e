//! The document.

use crate::{
    errors,
    operation::{Body, Group, Operation},
    schemas::Schemas,
    security,
};
use openclaw_core::openapi::ErrorResponse;
use openclaw_web::Access;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const ABOUT: &str = "One API for many models, with keys, budgets, skills, files and webhooks. \
Times are RFC 3339 in UTC, but Unix seconds where OpenAI has them; money is a decimal number of dollars.";

/// The document over these groups. The paths are those of the routers, under `/v1`.
#[must_use]
pub fn document(groups: &[Group]) -> Value {
    let mut schemas = Schemas::new();
    let mut paths = json!({});
    let mut statuses = BTreeSet::new();
    let mut requests = json!({});
    for group in groups {
        for operation in &group.operations {
            let path = operation.path.replace("{*", "{");
            let described = describe(group, operation, &mut schemas);
            statuses.extend(errors::statuses(operation, group.access));
            paths[&path][operation.method] = described.operation;
            requests[&path][operation.method] = described.request;
        }
    }
    schemas.answer(&crate::operation::Shape::Of(|generator| {
        generator.subschema_for::<ErrorResponse>()
    }));
    let components = schemas.components(&mut requests);
    add(&mut paths, requests);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "OpenClaw API", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {"url": "/v1", "description": "This gateway"},
            {"url": "/api/v1", "description": "The same"},
        ],
        "tags": groups.iter().map(tag).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": security::schemes(),
            "headers": errors::header_components(),
            "responses": errors::responses(&statuses),
            "schemas": components,
        },
    })
}

fn tag(group: &Group) -> Value {
    json!({"name": group.resource, "description": group.about})
}

/// Puts each operation's part of the request with the rest of it.
fn add(paths: &mut Value, requests: Value) {
    let Value::Object(requests) = requests else {
        return;
    };
    for (path, methods) in requests {
        let Value::Object(methods) = methods else {
            continue;
        };
        for (method, request) in methods {
            if let (Value::Object(operation), Value::Object(request)) =
                (&mut paths[&path][&method], request)
            {
                operation.extend(request);
            }
        }
    }
}

struct Described {
    operation: Value,
    /// `parameters` and `requestBody`, which refer to what is read.
    request: Value,
}

fn describe(group: &Group, operation: &Operation, schemas: &mut Schemas) -> Described {
    let mut request = json!({"parameters": parameters(operation, group.access, schemas)});
    if !operation.takes.is_empty() {
        let mut content = Map::new();
        for body in &operation.takes {
            content.insert(
                body.media.into(),
                json!({"schema": schemas.request(&body.shape)}),
            );
        }
        if let (Some(example), Some(json)) =
            (&operation.example, content.get_mut("application/json"))
        {
            json["example"] = example.clone();
        }
        request["requestBody"] =
            json!({"required": !operation.is_body_optional, "content": content});
    }
    let mut described = json!({
        "operationId": format!("{}.{}", group.resource, operation.name),
        "tags": [group.resource],
        "summary": operation.summary,
        "security": security::requirement(group.access),
        "responses": responses(operation, group.access, schemas),
    });
    if let Some(about) = operation.about {
        described["description"] = about.into();
    }
    Described {
        operation: described,
        request,
    }
}

fn parameters(operation: &Operation, access: Option<Access>, schemas: &mut Schemas) -> Vec<Value> {
    let text = json!({"type": "string"});
    let in_path = operation.path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        Some(name.trim_start_matches('*'))
    });
    let mut all: Vec<Value> = in_path
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": text}))
        .collect();
    for of in &operation.query {
        all.extend(schemas.parameters(*of));
    }
    if operation.method == "post" && access.is_some() {
        all.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The same key and body within 24 h give the first answer again.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }));
    }
    let headers = operation.headers.iter().map(|(name, about)| {
        json!({"name": name, "in": "header", "required": false, "description": about, "schema": text})
    });
    all.extend(headers);
    all
}

fn responses(operation: &Operation, access: Option<Access>, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    let mut example = operation.answer_example.as_ref();
    for (status, bodies) in &operation.gives {
        let mut response = json!({"description": meaning(*status), "headers": errors::headers()});
        for Body { media, shape } in bodies {
            response["content"][media]["schema"] = schemas.answer(shape);
            if *media == "application/json"
                && let Some(example) = example.take()
            {
                response["content"][media]["example"] = example.clone();
            }
        }
        responses.insert(status.to_string(), response);
    }
    for status in errors::statuses(operation, access) {
        let component = format!("#/components/responses/{}", errors::name(status));
        let described = || match &operation.error {
            Some(schema) => errors::response(status, schema),
            None => json!({"$ref": component}),
        };
        // An operation may answer such a status with a body of its own.
        responses
            .entry(status.to_string())
            .or_insert_with(described);
    }
    Value::Object(responses)
}

const fn meaning(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted: it goes on after the answer",
        204 => "Done, and nothing to say",
        206 => "The part that was asked for",
        304 => "Unchanged",
        503 => "A dependency is down",
        _ => "Answered",
    }
}
