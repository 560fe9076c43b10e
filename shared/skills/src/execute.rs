//! The one way into a skill.

use crate::{
    Chat, Execution, ExecutionStatus, Skill, SkillStatus, Skills,
    executor::Call,
    record::{EXECUTION, encode},
    schema::Schema,
    secrets::SecretSet,
};
use futures_util::future::{Either, select, try_join};
use openclaw_core::{
    Code, Error, Result, Timestamp, id,
    ledger::{Step, When},
    time::{DAY, shift},
};
use serde_json::Value;

/// Days for which executions are kept.
const KEPT_DAYS: i64 = 30;

/// Bytes of parameters, as JSON.
const MAX_PARAMETERS: usize = 256 * 1024;

/// Bytes of a result, as JSON.
const MAX_RESULT: usize = 1024 * 1024;

/// Milliseconds of a time that is later than any: keys that count down from it list the newest first.
const END_OF_TIME: i64 = 9_999_999_999_999;

/// What somebody asks a skill for.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Whose skill.
    pub account: &'a str,
    /// The id of the request that it is a part of.
    pub request: &'a str,
    /// The skill's id.
    pub skill: &'a str,
    /// The command's name.
    pub command: &'a str,
    /// An object; what is absent is `{}`.
    pub parameters: &'a Value,
    /// Models, for the caller.
    pub chat: Option<&'a dyn Chat>,
}

/// What came of it.
#[derive(Debug)]
pub struct Executed {
    /// The result; 404 and 400 where the manifest says so, 413, 502 `skill_failed`, 504 `skill_timeout`. No
    /// secret of the skill is in it.
    pub result: Result<Value>,
    /// What is kept of it: to be written by [`Skills::keep`].
    pub execution: Execution,
}

/// A skill that was found, with all that its execution needs.
pub struct Prepared<'a> {
    asked: Asked<'a>,
    skill: Skill,
    secrets: SecretSet,
}

impl Skills {
    /// Finds the skill and checks what is asked of it, before anything counts: 404 for the skill, 400 for
    /// the command and the parameters, each by its path, 409 for a skill that is disabled.
    pub async fn prepare<'a>(&self, asked: Asked<'a>) -> Result<Prepared<'a>> {
        let (skill, secrets) = match self.shipped(asked.skill) {
            Some(_) => (
                self.find(asked.account, asked.skill).await?,
                SecretSet::default(),
            ),
            None => {
                let skill = self.find(asked.account, asked.skill);
                try_join(skill, self.secrets(asked.account, asked.skill)).await?
            }
        };
        if skill.status == SkillStatus::Disabled {
            let message = format!("The skill '{}' is disabled", asked.skill);
            return Err(Error::new(Code::Conflict, message));
        }
        let command = skill.manifest.command(asked.command)?;
        if !asked.parameters.is_object() {
            return Err(Error::invalid("parameters", "must be an object"));
        }
        if size(asked.parameters) > MAX_PARAMETERS {
            let issue = format!("must have at most {MAX_PARAMETERS} bytes");
            return Err(Error::invalid("parameters", issue));
        }
        let schema = Schema::new(&command.parameters, "parameters");
        let schema = schema.map_err(|faults| Error::internal(format_args!("{faults:?}")))?;
        Error::ensure_faultless(schema.faults(asked.parameters, "parameters"))?;
        self.refresh_if_old(asked.account, &skill);
        Ok(Prepared {
            asked,
            skill,
            secrets,
        })
    }

    /// Executes a command of a skill. The error says that it was not executed; see [`Skills::prepare`].
    pub async fn execute(&self, asked: Asked<'_>) -> Result<Executed> {
        let prepared = self.prepare(asked).await?;
        Ok(self.run(&prepared).await)
    }

    /// Executes what was prepared, within the time that an execution may take. Dropping the future cancels
    /// whatever the skill does.
    pub async fn run(&self, prepared: &Prepared<'_>) -> Executed {
        let started = self.ports().clock.now();
        let result = self.result(prepared).await;
        let result = result
            .map(|value| prepared.secrets.redact_value(value))
            .map_err(|error| prepared.secrets.redact_error(error));
        let (status, code) = match &result {
            Ok(_) => (ExecutionStatus::Completed, None),
            Err(error) => (ExecutionStatus::Failed, Some(error.code)),
        };
        let execution = self.execution(prepared, started, status, code);
        Executed { result, execution }
    }

    /// What is kept where nobody waits any more for what was prepared.
    pub fn cancelled(&self, prepared: &Prepared<'_>) -> Execution {
        let now = self.ports().clock.now();
        self.execution(prepared, now, ExecutionStatus::Cancelled, None)
    }

    /// The step that keeps an execution of a skill, so that it is listed.
    pub fn keep(&self, skill: &str, execution: &Execution) -> Result<Step> {
        let left = END_OF_TIME.saturating_sub(execution.started_at.as_millisecond());
        let mut key = format!("{EXECUTION}{skill}/{left:013}-");
        id::push_random(&mut key, &*self.ports().random, 8);
        Ok(Step::Put {
            key,
            document: encode(execution)?,
            when: When::Always,
            expires: Some(shift(execution.started_at, KEPT_DAYS * DAY)),
        })
    }

    async fn result(&self, prepared: &Prepared<'_>) -> Result<Value> {
        let Prepared {
            asked,
            skill,
            secrets,
        } = prepared;
        let command = skill.manifest.command(asked.command)?;
        let clock = &*self.ports().clock;
        let call = Call {
            skill: asked.skill,
            command: asked.command,
            parameters: asked.parameters,
            schema: &command.parameters,
            secrets,
            egress: self.egress(),
            ports: self.ports(),
            time: self.time(),
            chat: asked.chat,
        };
        let executor = command.execute.executor();
        let value = match select(executor.execute(&call), clock.sleep(self.time())).await {
            Either::Left((result, _)) => result?,
            Either::Right(_) => {
                let milliseconds = self.time().as_millis();
                let message = format!("The skill took longer than {milliseconds} ms");
                return Err(Error::new(Code::SkillTimeout, message));
            }
        };
        if size(&value) > MAX_RESULT {
            let message = format!("The skill's result has more than {MAX_RESULT} bytes");
            return Err(Error::new(Code::PayloadTooLarge, message));
        }
        Ok(value)
    }

    fn execution(
        &self,
        prepared: &Prepared<'_>,
        started_at: Timestamp,
        status: ExecutionStatus,
        code: Option<Code>,
    ) -> Execution {
        let now = self.ports().clock.now();
        let took = now.as_millisecond() - started_at.as_millisecond();
        Execution {
            request: prepared.asked.request.to_owned(),
            command: prepared.asked.command.to_owned(),
            status,
            code: code.map(|code| code.as_str().to_owned()),
            started_at,
            duration_ms: u64::try_from(took).unwrap_or_default(),
        }
    }
}

/// Bytes of a value as JSON.
fn size(value: &Value) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting cannot fail.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}
