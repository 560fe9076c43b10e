use axum::extract::State;
use openclaw_core::{Error, Ports, Timestamp, documents::apply, time};
use openclaw_files::cleanup;
use openclaw_schema::list::Deleted;
use openclaw_web::{App, Id, Json, Result};

/// Revokes the account's keys and removes its files too; 404.
pub(crate) async fn delete_account(State(app): State<App>, Id(id): Id) -> Result<Json<Deleted>> {
    let (ports, directory) = (&app.ports, app.directory());
    directory.account(&id).await?;
    // First for later: a crash in between leaves no files. Then, when nothing opens the account, for now.
    let now = ports.clock.now();
    remove_files(ports, &id, time::shift(now, time::MINUTE)).await?;
    directory.delete_account(&id).await?;
    remove_files(ports, &id, now).await?;
    Ok(Json(Deleted::new(id, "account")))
}

/// Stores the job that removes the account's files, in place of one that is there.
async fn remove_files(ports: &Ports, account: &str, at: Timestamp) -> Result<(), Error> {
    let job = cleanup::account(account, at)?.step()?;
    apply(&*ports.ledger, account, vec![job]).await.map(drop)
}
