//! The jobs of a topic: messages of its queue, which name them.

use crate::{app, log, scope::Scope, scope::Scoped};
use futures_util::future::join_all;
use openclaw_core::{
    Ports,
    queue::{topic_of, work},
};
use openclaw_web::{Consumers, Endpoints};
use serde::Deserialize;
use worker::{Context, Env, MessageBatch, MessageExt, QueueRetryOptionsBuilder};

/// Seconds until a message comes again whose job could not be looked at.
const RETRY: u32 = 30;

/// A message, as the account's object sends it.
#[derive(Deserialize)]
struct Named {
    account: String,
    key: String,
}

/// Works on the jobs that the messages name, all at once, as the function with these endpoints.
///
/// A message is only a sign that there is something to do. It is done with when its job has been looked
/// at: for what is left to do the account's object sends another.
pub async fn consume(
    batch: MessageBatch<String>,
    env: Env,
    context: Context,
    endpoints: Endpoints,
) -> worker::Result<()> {
    let scope = Scope::new(context);
    let app = match app(&env, endpoints).await {
        Ok(app) => app,
        Err(cause) => {
            log::install(None);
            tracing::error!(cause, "this function is not configured");
            let later = QueueRetryOptionsBuilder::new().with_delay_seconds(RETRY);
            batch.retry_all_with_options(&later.build());
            return Ok(());
        }
    };
    let consumers = endpoints.consumers(&app);
    let (ports, consumers) = (&app.ports, &consumers);
    let messages = batch.messages()?;
    let worked = messages.iter().map(|message| async move {
        match work_on(ports, consumers, message.body()).await {
            Ok(()) => message.ack(),
            Err(cause) => {
                tracing::error!(cause, "a job could not be worked on");
                let later = QueueRetryOptionsBuilder::new().with_delay_seconds(RETRY);
                message.retry_with_options(&later.build());
            }
        }
    });
    Scoped::new(&scope, join_all(worked)).await;
    Ok(())
}

async fn work_on(ports: &Ports, consumers: &Consumers, message: &str) -> Result<(), String> {
    let Named { account, key } =
        serde_json::from_str(message).map_err(|error| format!("a message: {error}"))?;
    let topic = topic_of(&key);
    let consumer = consumers
        .iter()
        .find(|consumer| Some(consumer.topic()) == topic);
    let consumer = consumer.ok_or_else(|| format!("nobody works on {key}"))?;
    let worked = work(ports, &**consumer, &account, &key).await;
    worked.map(drop).map_err(|error| {
        let cause = error.cause.as_deref().unwrap_or_default();
        format!("{key}: {error} {cause}")
    })
}
