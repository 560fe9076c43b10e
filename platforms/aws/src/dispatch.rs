//! Who hands jobs to the functions that own their topics: a function of its own, which reads the ledger's
//! stream.
//!
//! - The stream shows every job that is stored, and every change of one, in the order of an account's
//!   transactions, until it was taken. A job that is due goes to the function of its topic by an
//!   invocation that nobody waits for: one that takes long holds up no other. One that is due in less
//!   than [`SOON`] waits in an invocation of this function, a later one in a schedule.
//! - A claimed job is left alone. Where whoever claimed it dies, Lambda begins that invocation again.
//! - Where an invocation has failed to its last attempt, the platform sends it back here, and it is tried
//!   again after [`AGAIN`]: no job is lost as long as its document is there.
//! - Why not the functions themselves read the stream: a stream bears two readers, and there are more
//!   topics. And a stream's batch is over when all of it is: a slow job would hold up its account's others.

use crate::{
    calls::Calls,
    jobs::{JobsInvocation, NamedJob},
    ledger::{document_of, job_key},
    schedules::Schedules,
};
use aws_smithy_types::base64;
use futures_util::{StreamExt, stream};
use lambda_http::Error;
use lambda_runtime::LambdaEvent;
use openclaw_core::{
    StoreError, Timestamp,
    queue::{JobState, topic_of},
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// A job that is due sooner is waited for: a schedule may be a minute late.
const SOON: Duration = Duration::from_secs(40);

/// The pause before an invocation that has failed to its last attempt is tried again.
const AGAIN: Duration = Duration::from_secs(300);

/// Calls of other services at once.
const CALLS: usize = 10;

/// Jobs that wait and are due within this go together.
const TOGETHER: Duration = Duration::from_millis(200);

/// Hands jobs over.
pub(crate) struct Dispatcher {
    calls: Calls,
    topics: BTreeMap<String, Owner>,
    schedules: Schedules,
}

/// The function that works on a topic's jobs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Owner {
    function: String,
    /// Jobs of one invocation, at most.
    most: usize,
}

/// What the function is invoked with.
#[derive(Deserialize)]
#[serde(untagged)]
enum Event {
    /// By the stream.
    Changes {
        #[serde(rename = "Records")]
        records: Vec<Record>,
    },
    /// By itself or a schedule.
    Jobs(JobsInvocation),
    /// By the platform, about an invocation that it has given up.
    Failed {
        #[serde(rename = "requestPayload")]
        invocation: JobsInvocation,
    },
}

#[derive(Deserialize)]
struct Record {
    dynamodb: Change,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    sequence_number: String,
    keys: Attributes,
    #[serde(default)]
    new_image: Attributes,
}

type Attributes = HashMap<String, Attribute>;

#[derive(Deserialize)]
struct Attribute {
    #[serde(rename = "S")]
    text: Option<String>,
    /// In base64.
    #[serde(rename = "B")]
    bytes: Option<String>,
}

impl Dispatcher {
    /// From the variables `OPENCLAW_TOPICS` (`TOPIC=FUNCTION/MOST …`), `OPENCLAW_SCHEDULE_GROUP` and
    /// `OPENCLAW_SCHEDULE_ROLE`; the error names the one that is missing or wrong.
    pub(crate) fn new(
        calls: Calls,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let needed = |name| variable(name).ok_or_else(|| format!("the variable {name} is missing"));
        let topics = needed("OPENCLAW_TOPICS")?;
        let topics = topics.split_whitespace().map(owner);
        Ok(Self {
            calls,
            topics: topics.collect::<Result<_, _>>()?,
            schedules: Schedules {
                group: needed("OPENCLAW_SCHEDULE_GROUP")?,
                role: needed("OPENCLAW_SCHEDULE_ROLE")?,
            },
        })
    }

    /// Answers an invocation. After an error Lambda begins it again.
    pub(crate) async fn answer(&self, event: LambdaEvent<Box<RawValue>>) -> Result<Value, Error> {
        let LambdaEvent { payload, context } = event;
        let own = &context.invoked_function_arn;
        match serde_json::from_str(payload.get())? {
            Event::Changes { records } => Ok(self.take(own, &records).await),
            Event::Jobs(JobsInvocation { openclaw_jobs }) => {
                self.wait_for(own, openclaw_jobs).await?;
                Ok(Value::Null)
            }
            Event::Failed { invocation } => {
                let at = self.now() + AGAIN;
                let jobs = invocation.openclaw_jobs;
                tracing::warn!(
                    jobs = jobs.len(),
                    "an invocation was given up, and is tried again"
                );
                let jobs = jobs.into_iter().map(|job| (at, job));
                self.schedule(own, jobs.collect()).await?;
                Ok(Value::Null)
            }
        }
    }

    /// Hands on what a batch of the stream shows. Where some of it could not be, the answer names the
    /// first record of it, from which the stream is to be read again.
    async fn take(&self, own: &str, records: &[Record]) -> Value {
        let (mut due, mut soon, mut later) = (vec![], vec![], vec![]);
        let now = self.now();
        for (at, record) in records.iter().enumerate() {
            let Some((job, time)) = record.job() else {
                continue;
            };
            if time <= now {
                due.push((at, job));
            } else if time <= now + SOON {
                let due = Some(time);
                soon.push((at, NamedJob { due, ..job }));
            } else {
                later.push((at, (time, job)));
            }
        }
        let waiting = soon.iter().map(|(_, job)| job.clone()).collect();
        let (first_due, first_soon, first_later) = (first(&due), first(&soon), first(&later));
        let waiting = async {
            match first_soon {
                Some(_) => self.invoke_itself(waiting).await,
                None => Ok(()),
            }
        };
        let (handed, waiting, scheduled) = futures_util::join!(
            self.hand_over(due.into_iter().map(|(_, job)| job).collect()),
            waiting,
            self.schedule(own, later.into_iter().map(|(_, job)| job).collect()),
        );
        let failed = [
            (first_due, handed),
            (first_soon, waiting),
            (first_later, scheduled),
        ];
        let failed = failed.into_iter().filter_map(|(first, done)| {
            let error = done.err()?;
            tracing::error!(cause = %error, "jobs could not be handed over");
            first
        });
        let again = failed.min().map(|at| {
            let number = &records[at].dynamodb.sequence_number;
            json!({ "itemIdentifier": number })
        });
        json!({ "batchItemFailures": Vec::from_iter(again) })
    }

    /// Hands each job over when it is due.
    async fn wait_for(&self, own: &str, jobs: Vec<NamedJob>) -> Result<(), StoreError> {
        let now = self.now();
        let mut waiting = Vec::from_iter(jobs.into_iter().map(|job| {
            let due = job.due.unwrap_or(now);
            (due, NamedJob { due: None, ..job })
        }));
        waiting.sort_by_key(|(due, _)| *due);
        // Those that this invocation has no time for; an early schedule is none of them.
        let end = waiting.partition_point(|(due, _)| *due <= now + SOON);
        self.schedule(own, waiting.split_off(end)).await?;
        while let Some((first, _)) = waiting.first() {
            let (now, first) = (self.now(), *first);
            let pause = first.duration_since(now);
            self.calls.clock().sleep(pause).await;
            let limit = first + TOGETHER;
            let rest = waiting.split_off(waiting.partition_point(|(due, _)| *due <= limit));
            let due = std::mem::replace(&mut waiting, rest);
            let due = due.into_iter().map(|(_, job)| job).collect();
            self.hand_over(due).await?;
        }
        Ok(())
    }

    /// Invokes the functions that own these jobs' topics.
    async fn hand_over(&self, jobs: Vec<NamedJob>) -> Result<(), StoreError> {
        let mut by_owner = BTreeMap::<&Owner, Vec<NamedJob>>::new();
        for job in jobs {
            match topic_of(&job.key).and_then(|topic| self.topics.get(topic)) {
                Some(owner) => by_owner.entry(owner).or_default().push(job),
                None => tracing::error!(key = job.key, "no function owns the topic of this job"),
            }
        }
        let invocations = by_owner.into_iter().flat_map(|(owner, jobs)| {
            let some = jobs.chunks(owner.most).map(<[NamedJob]>::to_vec);
            let some = Vec::from_iter(some).into_iter();
            some.map(move |openclaw_jobs| (&owner.function, JobsInvocation { openclaw_jobs }))
        });
        let done = stream::iter(invocations)
            .map(async |(function, event)| self.calls.invoke(function, &event).await)
            .buffer_unordered(CALLS);
        done.fold(Ok(()), async |all, one| all.and(one)).await
    }

    async fn invoke_itself(&self, openclaw_jobs: Vec<NamedJob>) -> Result<(), StoreError> {
        let event = JobsInvocation { openclaw_jobs };
        self.calls.invoke(self.calls.own_name()?, &event).await
    }

    async fn schedule(
        &self,
        own: &str,
        jobs: Vec<(Timestamp, NamedJob)>,
    ) -> Result<(), StoreError> {
        let done = stream::iter(jobs)
            .map(async |(at, job)| {
                self.schedules
                    .create_for_job(&self.calls, own, &job, at)
                    .await
            })
            .buffer_unordered(CALLS);
        done.fold(Ok(()), async |all, one| all.and(one)).await
    }

    fn now(&self) -> Timestamp {
        self.calls.clock().now()
    }
}

fn owner(row: &str) -> Result<(String, Owner), String> {
    let read = || {
        let (topic, owner) = row.split_once('=')?;
        let (function, most) = owner.split_once('/')?;
        let most = most.parse().ok().filter(|most| *most > 0)?;
        let function = function.to_owned();
        Some((topic.to_owned(), Owner { function, most }))
    };
    read().ok_or_else(|| format!("OPENCLAW_TOPICS: `{row}` is no TOPIC=FUNCTION/MOST"))
}

fn first<T>(of: &[(usize, T)]) -> Option<usize> {
    of.first().map(|(at, _)| *at)
}

impl Record {
    /// The job and when it is due; `None` where there is nothing to do for it.
    fn job(&self) -> Option<(NamedJob, Timestamp)> {
        let Change {
            keys, new_image, ..
        } = &self.dynamodb;
        let key = job_key(|name| keys.get(name)?.text.as_deref())?;
        // Without one it was removed.
        let document = document_of(|name| new_image.get(name)?.bytes.as_deref())?;
        let document = base64::decode(document).ok();
        let state = document.and_then(|document| JobState::read(&document).ok());
        let Some(state) = state else {
            tracing::error!(key, "a stored job cannot be read");
            return None;
        };
        let job = NamedJob {
            account: state.account,
            key: key.to_owned(),
            due: None,
        };
        (!state.claimed).then_some((job, state.due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use ::http::StatusCode;
    use openclaw_core::{HttpRequest, time};
    use openclaw_testkit::{ManualClock, Reply, ScriptedHttp};
    use serde_json::value::to_raw_value;
    use std::sync::Arc;

    const OWN: &str = "arn:aws:lambda:eu-central-1:1:function:jobs";

    struct Case {
        dispatcher: Dispatcher,
        http: Arc<ScriptedHttp>,
    }

    impl Case {
        fn new() -> Self {
            let variable = |name: &str| match name {
                "AWS_LAMBDA_FUNCTION_NAME" => Some("jobs".into()),
                "OPENCLAW_TOPICS" => Some("event=hooks/2 delivery=hooks/2\n file=extract/1".into()),
                name if name.starts_with("AWS_ENDPOINT") => Some("http://aws.test".into()),
                name => Some(name.to_lowercase()),
            };
            let http = Arc::new(ScriptedHttp::default());
            let clock = ManualClock::jumping(time::from_second(1000));
            let settings = Settings::new(variable).unwrap();
            let calls = Calls::new(settings, http.clone(), Arc::new(clock));
            let dispatcher = Dispatcher::new(calls, variable).unwrap();
            Self { dispatcher, http }
        }

        async fn answer(&self, event: Value, replies: &[u16]) -> Result<Value, Error> {
            for status in replies {
                let status = StatusCode::from_u16(*status).unwrap();
                self.http.reply(Reply::json(status, ""));
            }
            let mut context = lambda_runtime::Context::default();
            context.invoked_function_arn = OWN.into();
            let payload = to_raw_value(&event).unwrap();
            self.dispatcher
                .answer(LambdaEvent { payload, context })
                .await
        }

        /// The last segments of the paths that were called, and the bodies.
        fn called(&self) -> Vec<(String, Value)> {
            let path = |request: &HttpRequest| {
                let path = request.uri().path().trim_end_matches("/invocations");
                path.rsplit('/').next().unwrap_or_default().to_owned()
            };
            let body = |request: &HttpRequest| -> Value {
                serde_json::from_slice(request.body()).unwrap()
            };
            let requests = self.http.take_requests();
            let mut called = Vec::from_iter(requests.iter().map(|one| (path(one), body(one))));
            called.sort_by_key(|(path, body)| (path.clone(), body.to_string()));
            called
        }
    }

    fn record(number: u32, key: &str, due: i64, claimed: bool) -> Value {
        let due = time::from_second(due);
        let document =
            format!(r#"{{"account":"acct_1","due":"{due}","claimed":{claimed},"payload":1}}"#);
        json!({"eventName": "INSERT", "dynamodb": {
            "SequenceNumber": number.to_string(),
            "Keys": {"a": {"S": "acct_1"}, "k": {"S": format!("-{key}")}},
            "NewImage": {"a": {"S": "acct_1"}, "v": {"N": "1"}, "d": {"B": base64::encode(document)}},
        }})
    }

    fn named(keys: &[&str]) -> Value {
        let named = |key: &&str| json!({"account": "acct_1", "key": key});
        json!({"openclaw_jobs": Value::from_iter(keys.iter().map(named))})
    }

    #[tokio::test]
    async fn what_is_due_goes_to_the_owner_of_its_topic_and_what_is_claimed_does_not() {
        let case = Case::new();
        let records = [
            record(1, "job/event/1", 1000, false),
            record(2, "job/delivery/2", 900, false),
            record(3, "job/event/3", 1000, false),
            record(4, "job/file/4", 1000, false),
            record(5, "job/file/5", 900, true),
            record(6, "job/nobody/6", 900, false),
            json!({"dynamodb": {"SequenceNumber": "7", "Keys": {"k": {"S": "-job/file/7"}}}}),
        ];
        let answer = case.answer(json!({"Records": records}), &[202; 3]).await;
        assert_eq!(answer.unwrap(), json!({"batchItemFailures": []}));
        let expected = [
            ("extract".to_owned(), named(&["job/file/4"])),
            (
                "hooks".to_owned(),
                named(&["job/event/1", "job/delivery/2"]),
            ),
            ("hooks".to_owned(), named(&["job/event/3"])),
        ];
        assert_eq!(case.called(), expected);
    }

    #[tokio::test]
    async fn what_is_due_soon_waits_here_and_what_is_later_in_a_schedule() {
        let case = Case::new();
        let records = [
            record(1, "job/event/1", 1005, false),
            record(2, "job/event/2", 90_000, false),
        ];
        let answer = case.answer(json!({"Records": records}), &[202, 409]).await;
        assert_eq!(answer.unwrap(), json!({"batchItemFailures": []}));
        let called = case.called();
        assert_eq!(called.len(), 2);
        let (name, schedule) = &called[0];
        assert_eq!(name.len(), 64);
        assert_eq!(schedule["ScheduleExpression"], "at(1970-01-02T01:00:01)");
        assert_eq!(schedule["ActionAfterCompletion"], "DELETE");
        assert_eq!(schedule["Target"]["Arn"], OWN);
        let input: Value =
            serde_json::from_str(schedule["Target"]["Input"].as_str().unwrap()).unwrap();
        assert_eq!(input, named(&["job/event/2"]));
        let (own, waiting) = &called[1];
        assert_eq!(own, "jobs");
        // It waits, and hands it over.
        case.answer(waiting.clone(), &[202]).await.unwrap();
        assert_eq!(
            case.called(),
            [("hooks".to_owned(), named(&["job/event/1"]))]
        );
        assert_eq!(case.dispatcher.now(), time::from_second(1005));
    }

    #[tokio::test]
    async fn a_stream_is_read_again_from_what_could_not_be_handed_over() {
        let case = Case::new();
        let records = [
            record(1, "job/event/1", 1000, false),
            record(2, "job/event/2", 90_000, false),
        ];
        let answer = case.answer(json!({"Records": records}), &[202, 403]).await;
        let failed = json!([{"itemIdentifier": "2"}]);
        assert_eq!(answer.unwrap(), json!({"batchItemFailures": failed}));
        assert_eq!(case.called().len(), 2);
    }

    #[tokio::test]
    async fn an_invocation_that_was_given_up_is_tried_again_later() {
        let case = Case::new();
        let event = json!({
            "version": "1.0",
            "requestContext": {"condition": "RetriesExhausted"},
            "requestPayload": named(&["job/file/4"]),
        });
        case.answer(event, &[200]).await.unwrap();
        let called = case.called();
        assert_eq!(called[0].1["ScheduleExpression"], "at(1970-01-01T00:21:41)");
    }

    #[test]
    fn rows_of_topics_are_read_and_a_wrong_one_is_named() {
        let (topic, read) = owner("file-process=name/10").unwrap();
        assert_eq!(
            (&*topic, &*read.function, read.most),
            ("file-process", "name", 10)
        );
        for wrong in ["", "file", "file=name", "file=name/0", "file=name/x"] {
            assert!(
                owner(wrong).unwrap_err().contains("OPENCLAW_TOPICS"),
                "{wrong}"
            );
        }
    }
}
