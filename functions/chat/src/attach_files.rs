use bytes::Bytes;
use memchr::memmem;
use openclaw_files::{
    Files,
    attach::{MARK, Room},
};
use openclaw_schema::key::Scope;
use openclaw_web::{App, RequestQuota, Result};

/// The body with the files in it that its messages name; 400, 403, 409.
pub(crate) async fn attach_files(app: &App, gate: &RequestQuota, body: Bytes) -> Result<Bytes> {
    // Most chats have none, and are not looked at twice.
    if memmem::find(&body, MARK).is_none() {
        return Ok(body);
    }
    let caller = gate.caller();
    let limits = &app.config.limits;
    let files = Files::new(&app.ports, &caller.account, limits);
    let room = |model: &str| Room {
        context: app.providers.model(model).map(|model| model.context_length),
        bytes: limits.body_bytes,
        is_allowed: caller.key.opens(Scope::Files),
    };
    let attached = files.attach(&body, room).await?;
    Ok(attached.unwrap_or(body))
}
