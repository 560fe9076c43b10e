//! An execution that counts as a request.

use crate::context::SkillsContext;
use openclaw_core::Money;
use openclaw_skills::{Asked, Executed};
use openclaw_usage::{Endpoint, Reservation, Status};
use openclaw_web::{App, RequestId, RequestQuota, Result};
use serde_json::Value;
use std::pin::pin;

/// Executes a command of a skill for a caller: counted, accounted in a usage row, and listed among the
/// skill's executions, whatever becomes of it. The error says that it was not executed.
pub(crate) async fn run(
    app: &App,
    context: &SkillsContext,
    quota: &RequestQuota,
    RequestId(request): &RequestId,
    (skill, command): (&str, &str),
    parameters: &Value,
) -> Result<Executed> {
    let caller = quota.caller();
    let chat = context.chat_for(app, quota)?;
    let asked = Asked {
        account: &caller.account.id,
        request,
        skill,
        command,
        parameters,
        chat: Some(&chat),
    };
    let prepared = context.skills.prepare(asked).await?;
    let reservation = Reservation {
        request: request.to_string(),
        key: caller.key.id.clone(),
        endpoint: Endpoint::Skills,
        started: app.ports.clock.now(),
        counted: true,
        ..Reservation::default()
    };
    let mut settlement = quota.reserve(reservation, Money::ZERO).await?;
    settlement.note(
        context
            .skills
            .keep(skill, &context.skills.cancelled(&prepared))?,
    );
    let running = pin!(context.skills.run(&prepared));
    let executed = match settlement.finish(running).await {
        Ok(executed) => executed,
        Err(refused) => {
            settlement.settle(Status::Interrupted).await?;
            return Err(refused.into());
        }
    };
    settlement.note(context.skills.keep(skill, &executed.execution)?);
    let status = match &executed.result {
        Ok(_) => Status::Completed,
        Err(error) => {
            settlement.failed(error);
            Status::Failed
        }
    };
    settlement.settle(status).await?;
    Ok(executed)
}
