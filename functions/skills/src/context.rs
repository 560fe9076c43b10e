use openclaw_core::{Http, Result};
use openclaw_skills::{CallerChat, Skills};
use openclaw_web::{App, RequestQuota};
use std::sync::Arc;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct SkillsContext {
    pub(crate) skills: Skills,
    chat: Arc<dyn Http>,
}

/// Lifetime of the token of a model call in seconds: the shortest there is. It only begins the call.
const TOKEN_SECONDS: i64 = 60;

impl SkillsContext {
    pub(crate) fn new(app: &App, chat: Arc<dyn Http>) -> Self {
        let skills = Skills::new(
            app.ports.clone(),
            app.egress.clone(),
            &app.config.skills,
            app.sealer.clone(),
        );
        Self { skills, chat }
    }

    /// The models, for the caller.
    pub(crate) fn chat_for(&self, app: &App, quota: &RequestQuota) -> Result<CallerChat> {
        let caller = quota.caller();
        let token = app.authenticator.pass(
            &caller.key.id,
            caller.generation(),
            TOKEN_SECONDS,
            app.ports.clock.now(),
        )?;
        Ok(CallerChat::new(self.chat.clone(), token))
    }
}
