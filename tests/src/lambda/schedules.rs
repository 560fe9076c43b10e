//! EventBridge Scheduler: one-time schedules that invoke a function.

use super::{asynchronous, copies::Fleet, template::function_of};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Characters of a schedule's name, at most.
const NAME: usize = 64;

/// The schedules whose time has not come.
pub(super) struct Schedules {
    fleet: Arc<Fleet>,
    waiting: Arc<Mutex<HashSet<String>>>,
}

/// What CreateSchedule is called with: of all that the service takes, what is used. The rest is refused.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Schedule {
    action_after_completion: String,
    flexible_time_window: FlexibleTimeWindow,
    group_name: String,
    schedule_expression: String,
    target: Target,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FlexibleTimeWindow {
    mode: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Target {
    arn: String,
    input: String,
    role_arn: String,
}

impl Schedules {
    pub(super) fn new(fleet: Arc<Fleet>) -> Self {
        let waiting = Arc::default();
        Self { fleet, waiting }
    }

    /// CreateSchedule: its status.
    pub(super) fn create(&self, name: &str, body: &[u8]) -> StatusCode {
        let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let read = || {
            let schedule: Schedule = serde_json::from_slice(body).ok()?;
            let is_right = !name.is_empty()
                && name.len() <= NAME
                && name.chars().all(known)
                && schedule.action_after_completion == "DELETE"
                && schedule.flexible_time_window.mode == "OFF"
                && self
                    .fleet
                    .template()
                    .has(&schedule.group_name, "AWS::Scheduler::ScheduleGroup")
                && self.fleet.template().is_role(&schedule.target.role_arn);
            let time = schedule.schedule_expression.strip_prefix("at(")?;
            // Of a second, in UTC.
            let time = time.strip_suffix(')').filter(|time| time.len() == 19)?;
            let at: Timestamp = format!("{time}Z").parse().ok()?;
            let function = function_of(&schedule.target.arn)?.to_owned();
            is_right.then_some((at, function, schedule.target.input))
        };
        let Some((at, function, input)) = read() else {
            eprintln!("a schedule is refused: {}", String::from_utf8_lossy(body));
            return StatusCode::BAD_REQUEST;
        };
        if !self.waiting.lock().unwrap().insert(name.to_owned()) {
            return StatusCode::CONFLICT;
        }
        let (fleet, waiting, name) = (self.fleet.clone(), self.waiting.clone(), name.to_owned());
        tokio::spawn(async move {
            let pause = Duration::try_from(at.duration_since(Timestamp::now()));
            tokio::time::sleep(pause.unwrap_or_default()).await;
            waiting.lock().unwrap().remove(&name);
            asynchronous::invoke(fleet, function, input).await;
        });
        StatusCode::OK
    }
}
