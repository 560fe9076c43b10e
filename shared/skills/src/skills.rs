//! The skills of an account: found, installed, changed, removed.

use crate::{
    Manifest, builtin,
    record::{
        COUNT, COUNT_FIELD, EXECUTION, Execution, SECRETS, SKILL, SealedSecrets, SkillRecord,
        SkillStatus, decode, encode,
    },
    secrets::SecretSet,
};
use bytes::Bytes;
use openclaw_auth::Sealer;
use openclaw_core::{
    Code, Error, Ports, Result, Secret, Timestamp,
    ledger::{Delta, Outcome, Step, When},
    time::whole_second,
};
use openclaw_egress::Egress;
use openclaw_schema::{
    config,
    list::{List, Page},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Skills that an account may install.
const MAX_SKILLS: i64 = 100;

/// Secrets of a skill, and the bytes of each.
const MAX_SECRETS: usize = 32;
const MAX_SECRET: usize = 4096;

/// Bytes of an id; manifests allow fewer.
const MAX_ID: usize = 64;

/// How often a change is tried again on what another request has made meanwhile.
const MAX_TRIES: usize = 20;

/// The skills that ship and those that accounts install. Cheap to clone.
#[derive(Clone)]
pub struct Skills(Arc<Parts>);

struct Parts {
    ports: Ports,
    egress: Egress,
    sealer: Option<Sealer>,
    time: Duration,
    builtin: Vec<Manifest>,
}

/// A skill of an account.
#[derive(Clone, Debug)]
pub struct Skill {
    /// What it is.
    pub manifest: Manifest,
    /// Whether it may be executed.
    pub status: SkillStatus,
    /// When it was installed and last changed; `None` for one that ships.
    pub times: Option<(Timestamp, Timestamp)>,
}

impl Skill {
    fn shipped(manifest: &Manifest) -> Self {
        Self {
            manifest: manifest.clone(),
            status: SkillStatus::Active,
            times: None,
        }
    }
}

impl From<SkillRecord> for Skill {
    fn from(record: SkillRecord) -> Self {
        Self {
            manifest: record.manifest,
            status: record.status,
            times: Some((record.created_at, record.updated_at)),
        }
    }
}

impl Skills {
    /// Over these ports; `sealer` opens secrets, and without one skills that have some cannot be executed.
    pub fn new(
        ports: Ports,
        egress: Egress,
        settings: &config::Skills,
        sealer: Option<Sealer>,
    ) -> Self {
        Self(Arc::new(Parts {
            ports,
            egress,
            sealer,
            time: Duration::from_millis(settings.timeout_ms),
            // A test reads them.
            builtin: builtin::all(settings).unwrap_or_default(),
        }))
    }

    pub(crate) fn ports(&self) -> &Ports {
        &self.0.ports
    }

    /// Where skills' requests go through.
    pub fn egress(&self) -> &Egress {
        &self.0.egress
    }

    /// What an execution may take.
    pub fn time(&self) -> Duration {
        self.0.time
    }

    /// One skill; 404.
    pub async fn find(&self, account: &str, id: &str) -> Result<Skill> {
        match self.shipped(id) {
            Some(manifest) => Ok(Skill::shipped(manifest)),
            None => Ok(self.stored(account, id).await?.0.into()),
        }
    }

    /// Those of an account in the order of their ids, those that ship among them.
    pub async fn list(&self, account: &str, page: &Page) -> Result<List<Skill>> {
        let after = page.after.as_deref().unwrap_or_default();
        let key = format!("{SKILL}{after}");
        let ledger = &self.ports().ledger;
        let found = ledger
            .query(account, SKILL, Some(&key), page.limit + 1)
            .await?;
        let installed = found
            .iter()
            .map(|(_, item)| Ok(decode::<SkillRecord>(item)?.into()));
        let mut skills = installed.collect::<Result<Vec<Skill>>>()?;
        let shipped = self.0.builtin.iter().filter(|skill| *skill.id > *after);
        skills.extend(shipped.map(Skill::shipped));
        skills.sort_by(|one, other| one.manifest.id.cmp(&other.manifest.id));
        Ok(List::page(skills, page))
    }

    /// Installs a skill; 409 where there is one of its id, or the account has 100.
    pub async fn install(&self, account: &str, manifest: Manifest) -> Result<Skill> {
        self.ensure_own(&manifest.id)?;
        let now = self.now();
        let record = SkillRecord {
            manifest,
            status: SkillStatus::Active,
            created_at: now,
            updated_at: now,
        };
        let steps = vec![
            put(&record, When::Absent)?,
            Step::Add {
                key: COUNT.into(),
                deltas: vec![Delta::bounded(COUNT_FIELD, 1, MAX_SKILLS)],
                expires: None,
            },
        ];
        match self.apply(account, steps).await? {
            None => Ok(record.into()),
            Some(0) => {
                let message = format!("There is a skill '{}' already", record.manifest.id);
                Err(Error::new(Code::Conflict, message))
            }
            Some(_) => {
                let message = format!("An account has at most {MAX_SKILLS} skills");
                Err(Error::new(Code::Conflict, message))
            }
        }
    }

    /// Puts another manifest in place of a skill's, or installs it; and whether it was installed. Its
    /// secrets stay.
    pub async fn replace(&self, account: &str, manifest: Manifest) -> Result<(Skill, bool)> {
        self.ensure_own(&manifest.id)?;
        let id = manifest.id.clone();
        let changed = self.change(account, &id, |record| record.manifest = manifest.clone());
        match changed.await {
            Err(error) if error.code == Code::NotFound => {
                Ok((self.install(account, manifest).await?, true))
            }
            changed => Ok((changed?, false)),
        }
    }

    /// Enables or disables a skill; 404, 409 for one that ships.
    pub async fn set_status(&self, account: &str, id: &str, status: SkillStatus) -> Result<Skill> {
        self.ensure_own(id)?;
        self.change(account, id, |record| record.status = status)
            .await
    }

    /// Removes a skill and its secrets; 404, 409 for one that ships.
    pub async fn remove(&self, account: &str, id: &str) -> Result<()> {
        self.ensure_own(id)?;
        let steps = vec![
            Step::Delete {
                key: format!("{SKILL}{id}"),
                when: When::Present,
            },
            Step::Delete {
                key: format!("{SECRETS}{id}"),
                when: When::Always,
            },
            Step::Add {
                key: COUNT.into(),
                deltas: vec![Delta::new(COUNT_FIELD, -1)],
                expires: None,
            },
        ];
        match self.apply(account, steps).await? {
            None => Ok(()),
            Some(_) => Err(no_skill(id)),
        }
    }

    /// Sets secrets of a skill by name; without a value one is removed. The names of all it has then.
    /// 400, 404, 409 for one that ships.
    pub async fn set_secrets(
        &self,
        account: &str,
        id: &str,
        change: BTreeMap<String, Option<String>>,
    ) -> Result<Vec<String>> {
        self.ensure_own(id)?;
        validate_secrets(&change)?;
        self.stored(account, id).await?;
        let sealer = self.sealer()?;
        let key = format!("{SECRETS}{id}");
        for _ in 0..MAX_TRIES {
            let found = self.ports().ledger.get(account, &key).await?;
            let when = match found.as_ref().and_then(|item| item.document()) {
                Some(document) => When::Equals(document.clone()),
                None => When::Absent,
            };
            let mut sealed: SealedSecrets =
                found.as_ref().map_or(Ok(Default::default()), decode)?;
            for (name, value) in &change {
                match value {
                    None => drop(sealed.secrets.remove(name)),
                    Some(value) => {
                        let place = place(account, id, name);
                        let value = Secret::new(value.as_str());
                        let text = sealer.seal(&*self.ports().random, &place, &value)?;
                        sealed.secrets.insert(name.clone(), text);
                    }
                }
            }
            if sealed.secrets.len() > MAX_SECRETS {
                let message = format!("A skill has at most {MAX_SECRETS} secrets");
                return Err(Error::new(Code::Conflict, message));
            }
            let names = sealed.secrets.keys().cloned().collect();
            let put = Step::Put {
                key: key.clone(),
                document: encode(&sealed)?,
                when,
                expires: None,
            };
            let check = Step::Check {
                key: format!("{SKILL}{id}"),
                when: When::Present,
            };
            match self.apply(account, vec![put, check]).await? {
                None => return Ok(names),
                Some(1) => return Err(no_skill(id)),
                Some(_) => {}
            }
        }
        Err(contended())
    }

    /// A skill's secrets, opened.
    pub(crate) async fn secrets(&self, account: &str, id: &str) -> Result<SecretSet> {
        ensure_id(id)?;
        let key = format!("{SECRETS}{id}");
        let Some(item) = self.ports().ledger.get(account, &key).await? else {
            return Ok(SecretSet::default());
        };
        let sealed: SealedSecrets = decode(&item)?;
        let opened = sealed.secrets.into_iter().map(|(name, text)| {
            let secret = self.sealer()?.open(&place(account, id, &name), &text)?;
            Ok((name, secret))
        });
        opened.collect()
    }

    /// The last executions of a skill, the newest first; 404.
    pub async fn executions(
        &self,
        account: &str,
        id: &str,
        limit: usize,
    ) -> Result<Vec<Execution>> {
        self.find(account, id).await?;
        let prefix = format!("{EXECUTION}{id}/");
        let found = self
            .ports()
            .ledger
            .query(account, &prefix, None, limit)
            .await?;
        found.iter().map(|(_, item)| decode(item)).collect()
    }

    pub(crate) fn shipped(&self, id: &str) -> Option<&Manifest> {
        self.0.builtin.iter().find(|manifest| manifest.id == id)
    }

    async fn change(
        &self,
        account: &str,
        id: &str,
        change: impl Fn(&mut SkillRecord),
    ) -> Result<Skill> {
        for _ in 0..MAX_TRIES {
            let (mut record, bytes) = self.stored(account, id).await?;
            change(&mut record);
            record.updated_at = self.now();
            let put = put(&record, When::Equals(bytes))?;
            if self.apply(account, vec![put]).await?.is_none() {
                return Ok(record.into());
            }
        }
        Err(contended())
    }

    pub(crate) async fn stored(&self, account: &str, id: &str) -> Result<(SkillRecord, Bytes)> {
        ensure_id(id)?;
        let item = self
            .ports()
            .ledger
            .get(account, &format!("{SKILL}{id}"))
            .await?;
        let item = item.ok_or_else(|| no_skill(id))?;
        let record = decode(&item)?;
        Ok((record, item.document().cloned().unwrap_or_default()))
    }

    /// The step that was refused, `None` where all were applied; they are durable then.
    async fn apply(&self, account: &str, steps: Vec<Step>) -> Result<Option<usize>> {
        match self.ports().ledger.transact(account, steps).await? {
            Outcome::Refused { step } => Ok(Some(step)),
            Outcome::Applied(applied) => {
                applied.durable.await?;
                Ok(None)
            }
        }
    }

    fn ensure_own(&self, id: &str) -> Result<()> {
        ensure_id(id)?;
        match self.shipped(id) {
            None => Ok(()),
            Some(_) => {
                let message = format!("The skill '{id}' ships with the gateway and stays as it is");
                Err(Error::new(Code::Conflict, message))
            }
        }
    }

    fn sealer(&self) -> Result<&Sealer> {
        let sealer = self.0.sealer.as_ref();
        sealer.ok_or_else(|| Error::internal("OPENCLAW_MASTER_KEY is not set"))
    }

    fn now(&self) -> Timestamp {
        whole_second(self.ports().clock.now())
    }
}

fn put(record: &SkillRecord, when: When) -> Result<Step> {
    Ok(Step::Put {
        key: format!("{SKILL}{}", record.manifest.id),
        document: encode(record)?,
        when,
        expires: None,
    })
}

/// What a secret is sealed for.
fn place(account: &str, skill: &str, name: &str) -> String {
    format!("{account}/{SECRETS}{skill}/{name}")
}

fn validate_secrets(change: &BTreeMap<String, Option<String>>) -> Result<()> {
    for (name, value) in change {
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && name.len() <= 64;
        if !is_name {
            let issue = "must be letters, digits and _, at most 64, and begin with no digit";
            return Err(Error::invalid("name", issue));
        }
        let length = value.as_ref().map_or(1, String::len);
        if !(1..=MAX_SECRET).contains(&length) {
            let issue = format!("must have 1 to {MAX_SECRET} bytes");
            return Err(Error::invalid(name.as_str(), issue));
        }
    }
    Ok(())
}

/// 404 for what no skill's id may be: a store takes no key of any length.
fn ensure_id(id: &str) -> Result<()> {
    match id.len() > MAX_ID {
        true => Err(Error::not_found("skill")),
        false => Ok(()),
    }
}

fn no_skill(id: &str) -> Error {
    Error::not_found(format_args!("skill '{id}'"))
}

fn contended() -> Error {
    let message = "It was changed by other requests at the same time";
    Error::new(Code::Conflict, message)
}
