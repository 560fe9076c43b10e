//! The endpoints of an account: one document, so that whoever has an event finds all of them at once.

use crate::{
    CreateWebhook, EndpointStatus, NewWebhook, RotateWebhook, UpdateWebhook, Webhook, Webhooks,
    endpoint::Endpoint, health, sign::new_secret,
};
use bytes::Bytes;
use openclaw_core::{
    Code, Error, Ledger, Result, Secret, Timestamp, id,
    ledger::{Outcome, Step, When},
    time,
};
use serde::{Deserialize, Serialize};

/// Endpoints that an account may have.
const MAX_ENDPOINTS: usize = 20;

/// The key of the document.
const KEY: &str = "webhooks";

/// How often a change is tried again on what another request has made meanwhile.
const MAX_TRIES: usize = 100;

/// The document.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Endpoints {
    pub(crate) endpoints: Vec<Endpoint>,
}

impl Endpoints {
    /// As they are now, with the condition that they have not changed.
    pub(crate) async fn read(ledger: &dyn Ledger, account: &str) -> Result<(Self, When)> {
        let Some(item) = ledger.get(account, KEY).await? else {
            return Ok((Self::default(), When::Absent));
        };
        let document = item.document().cloned().unwrap_or_default();
        let read = serde_json::from_slice(&document).map_err(Error::internal)?;
        Ok((read, When::Equals(document)))
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|known| known.shown.id == id)
    }

    pub(crate) fn find_mut(&mut self, id: &str) -> Option<&mut Endpoint> {
        self.endpoints.iter_mut().find(|known| known.shown.id == id)
    }

    /// The step that stores them where `when` holds.
    pub(crate) fn put(&self, when: When) -> Result<Step> {
        Ok(Step::Put {
            key: KEY.into(),
            document: Bytes::from(serde_json::to_vec(self).map_err(Error::internal)?),
            when,
            expires: None,
        })
    }

    /// The types that any of them gets, in order.
    fn events(&self) -> Vec<String> {
        let enabled = self.endpoints.iter().map(|endpoint| &endpoint.shown);
        let enabled = enabled.filter(|webhook| webhook.status == EndpointStatus::Enabled);
        let mut events: Vec<_> = enabled
            .flat_map(|webhook| webhook.events.iter().cloned())
            .collect();
        events.sort_unstable();
        events.dedup();
        events
    }
}

impl Webhooks {
    /// All endpoints of an account, oldest first.
    pub async fn list(&self, account: &str) -> Result<Vec<Webhook>> {
        let (known, _) = Endpoints::read(&*self.ports.ledger, account).await?;
        let shown = known.endpoints.into_iter().map(|endpoint| endpoint.shown);
        Ok(shown.collect())
    }

    /// One; 404.
    pub async fn get(&self, account: &str, id: &str) -> Result<Webhook> {
        let (known, _) = Endpoints::read(&*self.ports.ledger, account).await?;
        let endpoint = known.find(id).ok_or_else(|| no_webhook(id))?;
        Ok(endpoint.shown.clone())
    }

    /// Makes one; 400, 409 where the account has 20.
    pub async fn create(&self, account: &str, mut request: CreateWebhook) -> Result<NewWebhook> {
        request.validate()?;
        self.ensure_reachable(&request.url)?;
        let id = id::new(&*self.ports.random, "wh_");
        let secret = new_secret(&*self.ports.random);
        let endpoint = Endpoint {
            secret: self.seal(account, &id, &secret)?,
            previous_secret: None,
            shown: Webhook {
                id,
                object: "webhook".into(),
                url: request.url,
                events: request.events,
                description: request.description,
                status: EndpointStatus::Enabled,
                disabled_reason: None,
                previous_secret_expires_at: None,
                created_at: time::whole_second(self.ports.clock.now()),
            },
        };
        let webhook = endpoint.shown.clone();
        self.change(account, |known| {
            if known.endpoints.len() >= MAX_ENDPOINTS {
                let message = format!("An account has at most {MAX_ENDPOINTS} webhooks");
                return Err(Error::new(Code::Conflict, message));
            }
            known.endpoints.push(endpoint.clone());
            Ok(vec![])
        })
        .await?;
        let secret = secret.reveal().to_owned();
        Ok(NewWebhook { webhook, secret })
    }

    /// Changes one; 400, 404. One that is enabled starts with a clean record.
    pub async fn update(
        &self,
        account: &str,
        id: &str,
        mut request: UpdateWebhook,
    ) -> Result<Webhook> {
        request.validate()?;
        if let Some(url) = &request.url {
            self.ensure_reachable(url)?;
        }
        let known = self.change(account, |known| {
            let endpoint = known.find_mut(id).ok_or_else(|| no_webhook(id))?;
            request.clone().apply(&mut endpoint.shown);
            Ok(match request.status {
                Some(EndpointStatus::Enabled) => vec![health::forget(id)],
                _ => vec![],
            })
        });
        let known = known.await?;
        let endpoint = known.find(id).ok_or_else(|| no_webhook(id))?;
        Ok(endpoint.shown.clone())
    }

    /// Removes one; 404. Its deliveries are still shown, and those that wait fail.
    pub async fn delete(&self, account: &str, id: &str) -> Result<()> {
        let removed = self.change(account, |known| {
            let before = known.endpoints.len();
            known.endpoints.retain(|endpoint| endpoint.shown.id != id);
            match known.endpoints.len() == before {
                true => Err(no_webhook(id)),
                false => Ok(vec![health::forget(id)]),
            }
        });
        removed.await.map(drop)
    }

    /// Gives one a new secret; the old one signs, too, for the grace period. 400, 404.
    pub async fn rotate(
        &self,
        account: &str,
        id: &str,
        request: &RotateWebhook,
    ) -> Result<NewWebhook> {
        request.validate()?;
        let secret = new_secret(&*self.ports.random);
        let sealed = self.seal(account, id, &secret)?;
        let grace = i64::try_from(request.grace_period).unwrap_or_default();
        let now = time::whole_second(self.ports.clock.now());
        let known = self.change(account, |known| {
            let endpoint = known.find_mut(id).ok_or_else(|| no_webhook(id))?;
            let old = std::mem::replace(&mut endpoint.secret, sealed.clone());
            endpoint.previous_secret = (grace > 0).then_some(old);
            endpoint.shown.previous_secret_expires_at =
                (grace > 0).then(|| time::shift(now, grace));
            Ok(vec![])
        });
        let known = known.await?;
        let endpoint = known.find(id).ok_or_else(|| no_webhook(id))?;
        Ok(NewWebhook {
            webhook: endpoint.shown.clone(),
            secret: secret.reveal().to_owned(),
        })
    }

    /// Disables one for `reason`, where it is still there and enabled.
    pub(crate) async fn disable(&self, account: &str, id: &str, reason: &str) -> Result<()> {
        let disabled = self.change(account, |known| {
            if let Some(endpoint) = known.find_mut(id)
                && endpoint.shown.status == EndpointStatus::Enabled
            {
                endpoint.shown.status = EndpointStatus::Disabled;
                endpoint.shown.disabled_reason = Some(reason.to_owned());
            }
            Ok(vec![])
        });
        disabled.await.map(drop)
    }

    /// The secrets that sign for an endpoint `now`, the newest first.
    pub(crate) fn secrets(
        &self,
        account: &str,
        endpoint: &Endpoint,
        now: Timestamp,
    ) -> Result<Vec<Secret>> {
        let place = place(account, &endpoint.shown.id);
        let previous = endpoint.shown.previous_secret_expires_at;
        let previous = endpoint
            .previous_secret
            .as_ref()
            .filter(|_| previous.is_some_and(|until| now < until));
        let sealed = [Some(&endpoint.secret), previous].into_iter().flatten();
        let sealer = self.sealer()?;
        sealed.map(|sealed| sealer.open(&place, sealed)).collect()
    }

    fn seal(&self, account: &str, id: &str, secret: &Secret) -> Result<String> {
        let random = &*self.ports.random;
        self.sealer()?.seal(random, &place(account, id), secret)
    }

    /// 400 where the operator does not let tenants ask there.
    fn ensure_reachable(&self, url: &str) -> Result<()> {
        let checked = self.egress.policy().check(url);
        checked
            .map(drop)
            .map_err(|refused| Error::invalid("url", refused.to_string()))
    }

    /// Replaces the endpoints by what `change` makes of them and applies its steps with that.
    ///
    /// The account is told of types before an endpoint wants them: what happens after this returns is
    /// told of, and what happens meanwhile may be. A crash leaves the account with types that nobody
    /// wants, until the next change.
    async fn change(
        &self,
        account: &str,
        change: impl Fn(&mut Endpoints) -> Result<Vec<Step>>,
    ) -> Result<Endpoints> {
        let ledger = &*self.ports.ledger;
        for _ in 0..MAX_TRIES {
            let (mut known, unchanged) = Endpoints::read(ledger, account).await?;
            let before = known.events();
            let beside = change(&mut known)?;
            let after = known.events();
            if after.iter().any(|event| !before.contains(event)) {
                let mut both = [before, after].concat();
                both.sort_unstable();
                both.dedup();
                openclaw_auth::set_events(&self.ports, account, both).await?;
            }
            let mut steps = vec![known.put(unchanged)?];
            steps.extend(beside);
            if let Outcome::Applied(applied) = ledger.transact(account, steps).await? {
                applied.durable.await?;
                self.sync_events(account).await?;
                return Ok(known);
            }
        }
        let message = "It was changed by other requests at the same time";
        Err(Error::new(Code::Conflict, message))
    }

    /// Has the account know exactly the types that its endpoints want.
    async fn sync_events(&self, account: &str) -> Result<()> {
        let ledger = &*self.ports.ledger;
        let (mut known, mut seen) = Endpoints::read(ledger, account).await?;
        for _ in 0..MAX_TRIES {
            openclaw_auth::set_events(&self.ports, account, known.events()).await?;
            let (again, unchanged) = Endpoints::read(ledger, account).await?;
            if unchanged == seen {
                return Ok(());
            }
            (known, seen) = (again, unchanged);
        }
        Ok(())
    }
}

/// Where a secret is sealed: it opens nowhere else.
fn place(account: &str, id: &str) -> String {
    format!("{account}/webhook/{id}")
}

pub(crate) fn no_webhook(id: &str) -> Error {
    Error::not_found(format_args!("webhook '{id}'"))
}
