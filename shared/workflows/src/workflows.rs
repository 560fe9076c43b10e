//! The workflows of an account: made, changed, removed.

use crate::{
    check::{self, Names},
    definition::Definition,
    record::{COUNTS, WORKFLOW, WORKFLOWS_FIELD, WorkflowRecord, WorkflowStatus},
    runs::Starter,
    schedule::Schedule,
    scheduler, shipped,
};
use openclaw_core::{
    Code, Error, Fault, Ports, Result, Timestamp,
    documents::{Tries, apply, find, put, some},
    ledger::{Delta, Outcome, Step, When},
    time::whole_second,
};
use openclaw_schema::list::{List, Page};
use openclaw_skills::Skills;
use serde_json::Value;

/// Workflows of an account.
const MAX_WORKFLOWS: i64 = 100;

/// Bytes of an id.
const MAX_ID: usize = 64;

/// Workflows and their runs.
#[derive(Clone)]
pub struct Workflows {
    pub(crate) ports: Ports,
    skills: Skills,
    /// The model of the shipped example.
    example_model: Option<String>,
}

/// A workflow, and whether it ships with the gateway.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// It.
    pub record: WorkflowRecord,
    /// Whether it ships.
    pub is_shipped: bool,
}

impl Workflows {
    /// Over these ports. `skills` are those that definitions may name; the shipped example asks
    /// `example_model`.
    pub const fn new(ports: Ports, skills: Skills, example_model: Option<String>) -> Self {
        Self {
            ports,
            skills,
            example_model,
        }
    }

    /// Reads a definition: 400 with every fault, 413. `has_model` says which models there are.
    pub async fn read(
        &self,
        account: &str,
        text: &[u8],
        has_model: impl Fn(&str) -> bool,
    ) -> Result<Definition> {
        let read = check::read(text, self.now())?;
        let mut faults = read.faults;
        self.unknown(account, &read.names, has_model, &mut faults)
            .await?;
        Error::ensure_faultless(faults)?;
        Ok(read.definition)
    }

    async fn unknown(
        &self,
        account: &str,
        names: &Names,
        has_model: impl Fn(&str) -> bool,
        faults: &mut Vec<Fault>,
    ) -> Result<()> {
        for (at, model) in &names.models {
            if !has_model(model) {
                faults.push(Fault::new(at, format!("names the unknown model '{model}'")));
            }
        }
        for (at, (skill, command)) in &names.skills {
            match self.skills.find(account, skill).await {
                Ok(found) if found.manifest.commands.contains_key(command) => {}
                Ok(_) => {
                    let issue = format!("must be a command of '{skill}', and '{command}' is none");
                    faults.push(Fault::new(format!("{at}.command"), issue));
                }
                Err(error) if error.code == Code::NotFound => {
                    let issue = format!("names the unknown skill '{skill}'");
                    faults.push(Fault::new(format!("{at}.skill"), issue));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// One workflow; 404.
    pub async fn find(&self, account: &str, id: &str) -> Result<Workflow> {
        ensure_id(id)?;
        let key = format!("{WORKFLOW}{id}");
        let found = find::<WorkflowRecord>(&*self.ports.ledger, account, &key).await?;
        match found {
            Some(found) => Ok(own(found.value)),
            None => self.shipped(id).ok_or_else(|| no_workflow(id)),
        }
    }

    fn shipped(&self, id: &str) -> Option<Workflow> {
        let model = self.example_model.as_deref()?;
        let all = shipped::all(model).into_iter();
        let mut found = all.filter(|record| record.id == id);
        found.next().map(|record| Workflow {
            record,
            is_shipped: true,
        })
    }

    /// Those of an account in the order of their ids, those that ship among them unless the account has
    /// one of that id.
    pub async fn list(&self, account: &str, page: &Page) -> Result<List<Workflow>> {
        let after = page.after.as_deref().unwrap_or_default();
        let ledger = &*self.ports.ledger;
        let found: Vec<WorkflowRecord> =
            some(ledger, account, WORKFLOW, Some(after), page.limit + 1).await?;
        let mut all: Vec<_> = found.into_iter().map(own).collect();
        let model = self.example_model.as_deref();
        for record in model.map(shipped::all).unwrap_or_default() {
            let key = format!("{WORKFLOW}{}", record.id);
            let replaced = find::<WorkflowRecord>(ledger, account, &key).await?;
            if *record.id > *after && replaced.is_none() {
                all.push(Workflow {
                    record,
                    is_shipped: true,
                });
            }
        }
        all.sort_by(|one, other| one.record.id.cmp(&other.record.id));
        Ok(List::page(all, page))
    }

    /// Keeps a new workflow under its id, or one made from its name; 409 where there is one of it, or the
    /// account has 100.
    pub async fn create(&self, starter: Starter<'_>, definition: Definition) -> Result<Workflow> {
        let id = match &definition.id {
            Some(id) => id.clone(),
            None => id_of(&definition.name)?,
        };
        self.put(starter, id, definition, None).await
    }

    /// Puts a definition in place of a workflow's, or makes one; and whether it was made. Runs keep the
    /// definition that they began with. 409 where its `id` is another one.
    pub async fn replace(
        &self,
        starter: Starter<'_>,
        id: &str,
        definition: Definition,
    ) -> Result<(Workflow, bool)> {
        ensure_id(id)?;
        if definition.id.as_deref().is_some_and(|own| own != id) {
            return Err(Error::invalid("id", "must be that of the path"));
        }
        if id_of(id).ok().as_deref() != Some(id) {
            return Err(no_workflow(id));
        }
        let key = format!("{WORKFLOW}{id}");
        let mut tries = Tries::default();
        loop {
            tries.another()?;
            let account = &starter.account.id;
            let found = find::<WorkflowRecord>(&*self.ports.ledger, account, &key).await?;
            let is_new = found.is_none();
            let put = self.put(starter, id.to_owned(), definition.clone(), found);
            match put.await {
                Err(error) if error.code == Code::Conflict && !is_new => {}
                put => return Ok((put?, is_new)),
            }
        }
    }

    async fn put(
        &self,
        starter: Starter<'_>,
        id: String,
        mut definition: Definition,
        before: Option<openclaw_core::documents::Stored<WorkflowRecord>>,
    ) -> Result<Workflow> {
        definition.id = Some(id.clone());
        let now = whole_second(self.now());
        let record = WorkflowRecord {
            definition: serde_json::to_value(&definition).map_err(Error::internal)?,
            status: WorkflowStatus::Active,
            key: starter.key.to_owned(),
            generation: starter.generation,
            created_at: before
                .as_ref()
                .map_or(now, |before| before.value.created_at),
            updated_at: now,
            id,
        };
        let when = before
            .as_ref()
            .map_or(When::Absent, |before| before.unchanged());
        let key = format!("{WORKFLOW}{}", record.id);
        let mut steps = vec![put(key, &record, when)?];
        if before.is_none() {
            steps.push(Step::Add {
                key: COUNTS.into(),
                deltas: vec![Delta::bounded(WORKFLOWS_FIELD, 1, MAX_WORKFLOWS)],
                expires: None,
            });
        }
        let account = &starter.account.id;
        steps.push(scheduler::follow(
            account,
            &record.id,
            definition.schedule.as_ref(),
            now,
        )?);
        match self.ports.ledger.transact(account, steps).await? {
            Outcome::Applied(applied) => {
                applied.durable.await?;
                Ok(own(record))
            }
            Outcome::Refused { step: 0 } => {
                let message = format!("There is a workflow '{}' already", record.id);
                Err(Error::new(Code::Conflict, message))
            }
            Outcome::Refused { .. } => {
                let message = format!("An account has at most {MAX_WORKFLOWS} workflows");
                Err(Error::new(Code::Conflict, message))
            }
        }
    }

    /// Enables or disables a workflow; 404, 409 for one that ships.
    pub async fn set_status(
        &self,
        starter: Starter<'_>,
        id: &str,
        status: WorkflowStatus,
    ) -> Result<Workflow> {
        let account = &starter.account.id;
        self.ensure_own(account, id).await?;
        let key = format!("{WORKFLOW}{id}");
        let mut tries = Tries::default();
        loop {
            tries.another()?;
            let found = find::<WorkflowRecord>(&*self.ports.ledger, account, &key).await?;
            let found = found.ok_or_else(|| no_workflow(id))?;
            let mut record = found.value.clone();
            record.status = status;
            record.updated_at = whole_second(self.now());
            let definition: Definition =
                serde_json::from_value(record.definition.clone()).map_err(Error::internal)?;
            let schedule = definition
                .schedule
                .filter(|_| status == WorkflowStatus::Active);
            let steps = vec![
                put(key.clone(), &record, found.unchanged())?,
                scheduler::follow(account, id, schedule.as_ref(), self.now())?,
            ];
            if apply(&*self.ports.ledger, account, steps).await? {
                return Ok(own(record));
            }
        }
    }

    /// Removes a workflow; its runs go on. 404, 409 for one that ships.
    pub async fn remove(&self, account: &str, id: &str) -> Result<()> {
        self.ensure_own(account, id).await?;
        let steps = vec![
            Step::Delete {
                key: format!("{WORKFLOW}{id}"),
                when: When::Present,
            },
            Step::Add {
                key: COUNTS.into(),
                deltas: vec![Delta::new(WORKFLOWS_FIELD, -1)],
                expires: None,
            },
            scheduler::follow(account, id, None, self.now())?,
        ];
        match apply(&*self.ports.ledger, account, steps).await? {
            true => Ok(()),
            false => Err(no_workflow(id)),
        }
    }

    async fn ensure_own(&self, account: &str, id: &str) -> Result<()> {
        match self.find(account, id).await?.is_shipped {
            false => Ok(()),
            true => {
                let message = format!(
                    "The workflow '{id}' ships with the gateway: put one of your own in its place"
                );
                Err(Error::new(Code::Conflict, message))
            }
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }
}

impl Workflow {
    /// When it runs next by itself; empty where it does not.
    pub fn next_times(&self, now: Timestamp) -> Vec<Timestamp> {
        let definition = serde_json::from_value::<Definition>(self.record.definition.clone());
        let schedule = definition.ok().and_then(|definition| definition.schedule);
        let is_active = self.record.status == WorkflowStatus::Active;
        let schedule = schedule.filter(|_| is_active);
        let schedule = schedule.and_then(|schedule| Schedule::new(&schedule).ok());
        schedule
            .map(|schedule| schedule.next_times(now))
            .unwrap_or_default()
    }

    /// Its definition, as it was written.
    pub const fn definition(&self) -> &Value {
        &self.record.definition
    }
}

const fn own(record: WorkflowRecord) -> Workflow {
    Workflow {
        record,
        is_shipped: false,
    }
}

/// An id from a name: `Daily Brief` becomes `daily-brief`.
fn id_of(name: &str) -> Result<String> {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let mut id = words.join("-");
    id.truncate(MAX_ID);
    match id.trim_end_matches('-') {
        "" => Err(Error::invalid(
            "id",
            "is required where the name has no letter or digit of ASCII",
        )),
        id => Ok(id.to_owned()),
    }
}

/// 404 for what no workflow's id may be: a store takes no key of any length.
fn ensure_id(id: &str) -> Result<()> {
    match id.len() > MAX_ID {
        true => Err(Error::not_found("workflow")),
        false => Ok(()),
    }
}

fn no_workflow(id: &str) -> Error {
    Error::not_found(format_args!("workflow '{id}'"))
}
