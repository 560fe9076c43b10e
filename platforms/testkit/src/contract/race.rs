use futures_util::{FutureExt, future::join_all};
use openclaw_core::Spawn;
use std::future::Future;

/// Runs all of `calls` at once, each as a task of its own; their results in the same order.
pub(super) async fn race<F>(spawn: &dyn Spawn, calls: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let handles: Vec<_> = calls
        .into_iter()
        .map(|call| {
            let (task, handle) = call.remote_handle();
            spawn.spawn(task.boxed());
            handle
        })
        .collect();
    join_all(handles).await
}
