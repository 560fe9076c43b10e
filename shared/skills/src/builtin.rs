//! The skills that ship with the gateway.

use crate::Manifest;
use openclaw_core::{Error, Result};
use openclaw_schema::config;
use serde_json::Value;

/// Those that ship, in the order of their ids, as `settings` have them.
pub(crate) fn all(settings: &config::Skills) -> Result<Vec<Manifest>> {
    let mut weather: Value =
        serde_json::from_str(include_str!("weather.json")).map_err(Error::internal)?;
    let urls = &settings.weather;
    replace(&mut weather, "GEOCODING_URL", &urls.geocoding_url);
    replace(&mut weather, "FORECAST_URL", &urls.forecast_url);
    // Checked by a test, not at every start.
    Ok(vec![
        serde_json::from_value(weather).map_err(Error::internal)?,
    ])
}

/// Puts a base URL in place of the word that URLs begin with.
fn replace(value: &mut Value, word: &str, url: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix(word) {
                *text = format!("{}{rest}", url.trim_end_matches('/'));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, word, url)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| replace(field, word, url)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_could_be_installed() {
        for skill in all(&config::Skills::default()).unwrap() {
            let document = serde_json::to_value(&skill).unwrap();
            let read = crate::manifest::read(document).unwrap();
            assert_eq!((read.id, read.version), (skill.id, skill.version));
        }
    }

    #[test]
    fn base_urls_are_those_of_the_settings() {
        let mut settings = config::Skills::default();
        settings.weather.geocoding_url = "http://127.0.0.1:9000/".into();
        let text = serde_json::to_string(&all(&settings).unwrap()).unwrap();
        assert!(
            text.contains("\"http://127.0.0.1:9000/v1/search\""),
            "{text}"
        );
        assert!(
            text.contains("\"https://api.open-meteo.com/v1/forecast\""),
            "{text}"
        );
    }
}
