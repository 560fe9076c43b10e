use super::store::Stored;
use axum::{Extension, extract::State};
use openclaw_core::Error;
use openclaw_web::{App, Id, Json, Query, RequestQuota, Result};
use serde::Deserialize;
use serde_json::{Value, json};

/// The most items of a page.
const MAX_ITEMS: usize = 100;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Page {
    /// From 1 to 100; default 20.
    limit: Option<usize>,
    /// The id of the item before the page.
    after: Option<String>,
    /// `asc` or `desc`, which is the default: the newest first.
    order: Option<String>,
}

/// `GET /responses/{id}/input_items`: what the response was an answer to.
pub(crate) async fn list_items(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    Id(id): Id,
    Query(page): Query<Page>,
) -> Result<Json<Value>> {
    let account = &gate.caller().account.id;
    let (stored, _) = Stored::find(&app.ports, account, &id).await?;
    let output = stored.response["output"].as_array().map_or(0, Vec::len);
    let input = stored.items.len().saturating_sub(output);
    let mut items: Vec<_> = stored.items.into_iter().take(input).enumerate().collect();
    // A caller's items may have no ids of their own.
    for (at, item) in &mut items {
        if let Value::Object(fields) = item {
            let name = fields.get("id").and_then(Value::as_str).map(str::to_owned);
            let own = || format!("item_{}{at:03}", id.trim_start_matches("resp_"));
            fields.insert("id".into(), name.unwrap_or_else(own).into());
            fields.entry("type").or_insert_with(|| "message".into());
        }
    }
    match page.order.as_deref() {
        Some("asc") => {}
        None | Some("desc") => items.reverse(),
        Some(_) => return Err(Error::invalid("order", "must be asc or desc").into()),
    }
    let limit = page.limit.unwrap_or(20);
    if !(1..=MAX_ITEMS).contains(&limit) {
        return Err(Error::invalid("limit", "must be a whole number from 1 to 100").into());
    }
    let skip = page.after.map_or(0, |after| {
        let at = items
            .iter()
            .position(|(_, item)| item["id"] == after.as_str());
        at.map_or(items.len(), |at| at + 1)
    });
    let has_more = items.len() > skip + limit;
    let data: Vec<_> = items
        .into_iter()
        .skip(skip)
        .take(limit)
        .map(|(_, item)| item)
        .collect();
    let name = |item: Option<&Value>| item.map(|item| item["id"].clone());
    Ok(Json(json!({
        "object": "list",
        "first_id": name(data.first()),
        "last_id": name(data.last()),
        "data": data,
        "has_more": has_more,
    })))
}
