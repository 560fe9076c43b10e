//! Open-Meteo's geocoding and forecast, as they answer (recorded 2026-11), and misbehaving for some places.

use super::play::Step;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Bytes of an answer that is too large.
const LARGE: usize = 2 << 20;

/// An answer: its status, and the steps of its body.
pub(super) type Answer = (StatusCode, Vec<Step>);

/// The answer at a path of one of the two services; `None` at any other.
pub(super) fn answer(path: &str, query: &BTreeMap<String, String>) -> Option<Answer> {
    match path {
        "/v1/search" => Some(search(query)),
        "/v1/forecast" => Some(forecast(query)),
        _ => None,
    }
}

fn search(query: &BTreeMap<String, String>) -> Answer {
    let Some(name) = query.get("name") else {
        return refused("Parameter 'name' is required");
    };
    let found = match name.as_str() {
        "Nowhere" => json!({"generationtime_ms": 0.36}),
        "Error" => return refused("Cannot initialize search from invalid String value"),
        "Slow" => return (StatusCode::OK, vec![Step::Stall]),
        "Malformed" => return ok("{\"results\":[{\"lat"),
        "Large" => return ok(vec![b' '; LARGE]),
        "Cut" => return (StatusCode::OK, vec![Step::Write("{".into()), Step::Cut]),
        "New York" => {
            json!({"results": [place("New York", 40.71427, -74.00597)], "generationtime_ms": 0.97})
        }
        // Of several the first is meant.
        name => json!({"results": [
            place(name, 51.50853, -0.12574),
            place(name, 42.98339, -81.23304),
        ], "generationtime_ms": 0.61}),
    };
    ok(found.to_string())
}

fn place(name: &str, latitude: f64, longitude: f64) -> Value {
    json!({
        "id": 5_128_581, "name": name, "latitude": latitude, "longitude": longitude,
        "elevation": 10.0, "feature_code": "PPL", "country_code": "US", "admin1_id": 5_128_638,
        "timezone": "America/New_York", "population": 8_804_190, "postcodes": ["10001"],
        "country_id": 6_252_001, "country": "United States", "admin1": "New York",
    })
}

fn forecast(query: &BTreeMap<String, String>) -> Answer {
    let number = |name: &str| query.get(name)?.parse::<f64>().ok();
    let (Some(latitude), Some(longitude)) = (number("latitude"), number("longitude")) else {
        return refused(
            "Parameter 'latitude' and 'longitude' must have the same number of elements",
        );
    };
    if query.get("current").map(String::as_str) != Some("temperature_2m,weather_code") {
        return refused(
            "Data corrupted at path ''. Cannot initialize SurfacePressureAndHeightVariable",
        );
    }
    let (temperature, code) = match latitude > 50.0 {
        true => (15.0, 3),
        false => (-2.5, 71),
    };
    let answer = json!({
        "latitude": latitude, "longitude": longitude, "generationtime_ms": 0.041, "utc_offset_seconds": 0,
        "timezone": "GMT", "timezone_abbreviation": "GMT", "elevation": 32.0,
        "current_units": {
            "time": "iso8601", "interval": "seconds", "temperature_2m": "°C", "weather_code": "wmo code",
        },
        "current": {
            "time": "2026-11-30T08:45", "interval": 900, "temperature_2m": temperature, "weather_code": code,
        },
    });
    ok(answer.to_string())
}

fn ok(body: impl Into<Bytes>) -> Answer {
    (StatusCode::OK, vec![Step::Write(body.into())])
}

fn refused(reason: &str) -> Answer {
    let body = json!({"error": true, "reason": reason}).to_string();
    (StatusCode::BAD_REQUEST, vec![Step::Write(body.into())])
}
