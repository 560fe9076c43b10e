use openclaw_schema::key::Key;
use openclaw_skills::Skills;
use openclaw_web::{App, RequestQuota};
use openclaw_workflows::{Starter, Workflows};

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct WorkflowsContext {
    pub(crate) workflows: Workflows,
}

impl WorkflowsContext {
    pub(crate) fn new(app: &App) -> Self {
        let (ports, egress) = (app.ports.clone(), app.egress.clone());
        // Skills are looked at here, and executed by their own endpoint: no secret is opened.
        let skills = Skills::new(ports.clone(), egress, &app.config.skills, None);
        let models = app.providers.models();
        let mut chatting =
            models.filter(|model| model.capabilities.iter().any(|can| can == "chat"));
        let model = chatting.next().map(|model| model.id.clone());
        Self {
            workflows: Workflows::new(ports, skills, model),
        }
    }
}

/// Who starts a run, or writes a workflow.
pub(crate) fn starter(quota: &RequestQuota) -> Starter<'_> {
    let caller = quota.caller();
    let Key { id, .. } = &caller.key;
    Starter {
        account: &caller.account,
        key: id,
        generation: caller.generation(),
    }
}
