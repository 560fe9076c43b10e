//! One-time schedules of EventBridge Scheduler, each of which invokes a function once.

use crate::{
    calls::Calls,
    jobs::{JobsInvocation, NamedJob},
    signed::text,
};
use ::http::{Request, StatusCode, header};
use bytes::Bytes;
use openclaw_core::{StoreError, Timestamp, time};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Makes schedules.
pub(crate) struct Schedules {
    /// The group that they are in.
    pub(crate) group: String,
    /// The role by which the Scheduler invokes the function.
    pub(crate) role: String,
}

impl Schedules {
    /// From the variables `OPENCLAW_SCHEDULE_GROUP` and `OPENCLAW_SCHEDULE_ROLE`; `None` where they are not there.
    pub(crate) fn find(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        Some(Self {
            group: variable("OPENCLAW_SCHEDULE_GROUP")?,
            role: variable("OPENCLAW_SCHEDULE_ROLE")?,
        })
    }

    /// Has `function`, an ARN, invoked for `job` at `at`. The same again is the same schedule.
    pub(crate) async fn create_for_job(
        &self,
        calls: &Calls,
        function: &str,
        job: &NamedJob,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let input = JobsInvocation {
            openclaw_jobs: vec![NamedJob {
                due: None,
                ..job.clone()
            }],
        };
        let name = name(job, whole_second(at));
        self.create(calls, function, &name, &input, at).await
    }

    /// Has `function`, an ARN, invoked with `input` at `at`, a minute later at most. A schedule is gone once it
    /// was used; its name has 64 characters at most.
    pub(crate) async fn create(
        &self,
        calls: &Calls,
        function: &str,
        name: &str,
        input: &impl Serialize,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let at = whole_second(at);
        let input = serde_json::to_string(input).map_err(|error| StoreError::Fault(text(error)))?;
        let body = json!({
            "ActionAfterCompletion": "DELETE",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "GroupName": self.group,
            "ScheduleExpression": format!("at({})", at.to_string().trim_end_matches('Z')),
            "Target": {"Arn": function, "Input": input, "RoleArn": self.role},
        });
        let body = Bytes::from(body.to_string());
        let base = calls.settings().scheduler.trim_end_matches('/');
        let uri = format!("{base}/schedules/{name}");
        let make = || {
            let request = Request::post(&uri).header(header::CONTENT_TYPE, "application/json");
            request.body(body.clone()).map_err(text)
        };
        let is_there = |status: StatusCode| status.is_success() || status == StatusCode::CONFLICT;
        calls.retry("scheduler", make, is_there).await
    }
}

/// The service knows whole seconds: the first one after `at`.
fn whole_second(at: Timestamp) -> Timestamp {
    time::from_second(at.as_second().saturating_add(1))
}

/// A schedule's name: of 64 characters, which is the most that there may be.
fn name(job: &NamedJob, at: Timestamp) -> String {
    let NamedJob { account, key, .. } = job;
    let hash = Sha256::digest(format!("{account} {key} {at}").as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
