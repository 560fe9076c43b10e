//! An endpoint on the wire and in the store.

use openclaw_core::{Error, Result, Timestamp};
use openclaw_schema::event::{ALL, EventType};
use serde::{Deserialize, Deserializer, Serialize};

/// Characters of a description.
const MAX_DESCRIPTION: usize = 500;

/// Bytes of a URL.
const MAX_URL: usize = 2048;

/// Seconds for which the secret before a rotation may go on signing: a week.
const MAX_GRACE: u64 = 7 * 24 * 3600;

/// Whether an endpoint gets events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "WebhookStatus")
)]
#[serde(rename_all = "lowercase")]
pub enum EndpointStatus {
    /// It does.
    #[default]
    Enabled,
    /// It does not.
    Disabled,
}

/// An endpoint as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Webhook {
    /// `wh_…`.
    pub id: String,
    /// Always `webhook`.
    pub object: String,
    /// Where events are sent.
    pub url: String,
    /// The types that are sent, in order; `*` for all.
    pub events: Vec<String>,
    /// For people.
    pub description: Option<String>,
    /// Whether it gets events.
    pub status: EndpointStatus,
    /// Why it was disabled, where nobody asked for it.
    #[serde(default)]
    pub disabled_reason: Option<String>,
    /// Until when the secret before the last rotation signs, too.
    #[serde(default)]
    pub previous_secret_expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An endpoint as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Endpoint {
    #[serde(flatten)]
    pub(crate) shown: Webhook,
    /// Sealed.
    pub(crate) secret: String,
    /// The one before it, sealed; it signs until `previous_secret_expires_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous_secret: Option<String>,
}

impl Endpoint {
    /// Whether it gets events of that type.
    pub(crate) fn wants(&self, kind: EventType) -> bool {
        self.shown.status == EndpointStatus::Enabled && kind.is_wanted(&self.shown.events)
    }
}

/// `POST /webhooks`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CreateWebhook {
    /// An https URL of a public host, or one that the operator allows.
    pub url: String,
    /// 1 or more types, or `*`.
    pub events: Vec<String>,
    /// At most 500 characters.
    pub description: Option<String>,
}

/// What `POST /webhooks` and a rotation answer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct NewWebhook {
    /// The endpoint.
    #[serde(flatten)]
    pub webhook: Webhook,
    /// `whsec_…`, shown this once.
    pub secret: String,
}

/// `PATCH /webhooks/{id}`: what is absent stays, `null` removes.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct UpdateWebhook {
    /// As in [`CreateWebhook`].
    pub url: Option<String>,
    /// As in [`CreateWebhook`].
    pub events: Option<Vec<String>>,
    /// As in [`CreateWebhook`].
    #[serde(default, deserialize_with = "present")]
    pub description: Option<Option<String>>,
    /// Enables or disables it.
    pub status: Option<EndpointStatus>,
}

/// `POST /webhooks/{id}/rotate`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct RotateWebhook {
    /// Seconds for which the old secret signs, too: at most a week; none by default.
    #[serde(default)]
    pub grace_period: u64,
}

/// Tells an absent field (outer `None`) from `null` (inner `None`).
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

impl CreateWebhook {
    /// Checks all but whether the URL may be asked; the types come out in order, each once.
    pub(crate) fn validate(&mut self) -> Result<()> {
        validate_url(&self.url)?;
        validate_description(self.description.as_deref())?;
        tidy_events(&mut self.events)
    }
}

impl UpdateWebhook {
    /// The same of what is to change.
    pub(crate) fn validate(&mut self) -> Result<()> {
        self.url.as_deref().map_or(Ok(()), validate_url)?;
        validate_description(self.description.as_ref().and_then(Option::as_deref))?;
        self.events.as_mut().map_or(Ok(()), tidy_events)
    }

    /// The endpoint with the changes in it.
    pub(crate) fn apply(self, webhook: &mut Webhook) {
        if let Some(url) = self.url {
            webhook.url = url;
        }
        if let Some(events) = self.events {
            webhook.events = events;
        }
        if let Some(description) = self.description {
            webhook.description = description;
        }
        if let Some(status) = self.status {
            webhook.status = status;
            webhook.disabled_reason = None;
        }
    }
}

impl RotateWebhook {
    /// Checks the range.
    pub(crate) fn validate(&self) -> Result<()> {
        if self.grace_period > MAX_GRACE {
            let issue = format!("must be from 0 to {MAX_GRACE} seconds");
            return Err(Error::invalid("grace_period", issue));
        }
        Ok(())
    }
}

fn validate_url(url: &str) -> Result<()> {
    if url.len() > MAX_URL {
        let issue = format!("must have at most {MAX_URL} bytes");
        return Err(Error::invalid("url", issue));
    }
    Ok(())
}

fn validate_description(description: Option<&str>) -> Result<()> {
    if description.is_some_and(|text| text.chars().count() > MAX_DESCRIPTION) {
        let issue = format!("must have at most {MAX_DESCRIPTION} characters");
        return Err(Error::invalid("description", issue));
    }
    Ok(())
}

fn tidy_events(events: &mut Vec<String>) -> Result<()> {
    if events.is_empty() {
        return Err(Error::invalid(
            "events",
            "must name at least one type, or *",
        ));
    }
    let mut names = events.iter().enumerate();
    let unknown = names.find(|(_, name)| *name != ALL && EventType::parse(name).is_none());
    if let Some((at, _)) = unknown {
        let known = EventType::EVERY.iter().map(|kind| kind.as_str());
        let issue = format!("must be * or one of {}", Vec::from_iter(known).join(", "));
        return Err(Error::invalid(format!("events[{at}]"), issue));
    }
    events.sort_unstable();
    events.dedup();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_checked_and_tidied() {
        let create = |events: &[&str]| CreateWebhook {
            url: "https://example.com/".into(),
            events: events.iter().map(|name| (*name).to_owned()).collect(),
            description: None,
        };
        let mut good = create(&["key.revoked", "chat.completed", "key.revoked"]);
        good.validate().unwrap();
        assert_eq!(good.events, ["chat.completed", "key.revoked"]);
        let error = create(&["*", "chat.done"]).validate().unwrap_err();
        assert!(format!("{error:?}").contains("events[1]"), "{error:?}");
        assert!(create(&[]).validate().is_err());
    }

    #[test]
    fn a_change_that_says_nothing_changes_nothing_and_null_removes() {
        let mut webhook = Webhook {
            id: "wh_1".into(),
            object: "webhook".into(),
            url: "https://example.com/".into(),
            events: vec!["*".into()],
            description: Some("d".into()),
            status: EndpointStatus::Disabled,
            disabled_reason: Some("r".into()),
            previous_secret_expires_at: None,
            created_at: Timestamp::UNIX_EPOCH,
        };
        let before = webhook.clone();
        let read = |text: &str| serde_json::from_str::<UpdateWebhook>(text).unwrap();
        read("{}").apply(&mut webhook);
        assert_eq!(webhook, before);
        read(r#"{"description":null,"status":"enabled"}"#).apply(&mut webhook);
        assert_eq!((webhook.description, webhook.disabled_reason), (None, None));
        assert_eq!(webhook.status, EndpointStatus::Enabled);
    }
}
