use axum::extract::State;
use openclaw_core::{Error, Ports, Timestamp, documents::apply, time};
use openclaw_files::cleanup;
use openclaw_schema::list::Deleted;
use openclaw_web::{App, Id, Json, Result};

/// Revokes the account's keys, and has everything else of it removed; 404.
pub(crate) async fn delete_account(State(app): State<App>, Id(id): Id) -> Result<Json<Deleted>> {
    let (ports, directory) = (&app.ports, app.directory());
    directory.account(&id).await?;
    // First for later: a crash in between leaves nothing. Then, when nothing opens the account, for now.
    let now = ports.clock.now();
    remove_everything(ports, &id, time::shift(now, time::MINUTE)).await?;
    directory.delete_account(&id).await?;
    remove_everything(ports, &id, now).await?;
    Ok(Json(Deleted::new(id, "account")))
}

/// Stores the jobs that remove everything of the account, in place of those that are there.
async fn remove_everything(ports: &Ports, account: &str, at: Timestamp) -> Result<(), Error> {
    let jobs = cleanup::account(account, at)?;
    let steps = jobs.iter().map(|job| job.step());
    let steps = steps.collect::<Result<Vec<_>, Error>>()?;
    apply(&*ports.ledger, account, steps).await.map(drop)
}
