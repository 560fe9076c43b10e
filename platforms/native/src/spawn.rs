use openclaw_core::{BoxFuture, Spawn};
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// Tasks on tokio, counted so that a shutdown can wait for them.
#[derive(Clone, Debug, Default)]
pub struct TokioSpawn {
    tasks: TaskTracker,
}

impl TokioSpawn {
    /// Waits until all tasks have ended, at most `timeout`; whether they did. Tasks may still be
    /// spawned meanwhile and are waited for too.
    pub async fn close_and_wait(&self, timeout: Duration) -> bool {
        self.tasks.close();
        tokio::time::timeout(timeout, self.tasks.wait())
            .await
            .is_ok()
    }

    /// Tasks that have not ended.
    pub fn running(&self) -> usize {
        self.tasks.len()
    }
}

impl Spawn for TokioSpawn {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.tasks.spawn(task);
    }
}
