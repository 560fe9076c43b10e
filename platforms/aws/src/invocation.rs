//! The end of an invocation. Lambda may freeze a function as soon as it asks for the next one: before
//! that all of its tasks must be done.

use axum::body::Body;
use futures_util::FutureExt;
use http_body::{Body as HttpBody, Frame, SizeHint};
use lambda_runtime::{Error, LambdaInvocation, Service, tower::Layer};
use openclaw_core::{BoxFuture, Spawn};
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};

/// Waiting for tasks ends this long before the invocation's time does.
const RESERVE: Duration = Duration::from_millis(500);

/// The tasks of the invocation under way, its answer's body among them. A process works on one
/// invocation at a time.
#[derive(Clone, Debug)]
pub(crate) struct InvocationTasks(TaskTracker);

impl InvocationTasks {
    pub(crate) fn new() -> Self {
        let tracker = TaskTracker::new();
        // Closed it still takes tasks; it says when there are none.
        tracker.close();
        Self(tracker)
    }

    /// The same body, which counts as a task until it is dropped: the runtime may let go of it, with all
    /// that it drops, after it was done with the invocation.
    pub(crate) fn track(&self, body: Body) -> TrackedBody {
        TrackedBody {
            body,
            _token: self.0.token(),
        }
    }
}

impl Spawn for InvocationTasks {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.0.spawn(task);
    }
}

/// A body that counts as a task. Its fields are dropped in this order: the token last.
pub(crate) struct TrackedBody {
    body: Body,
    _token: TaskTrackerToken,
}

impl HttpBody for TrackedBody {
    type Data = bytes::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<S> Layer<S> for InvocationTasks {
    type Service = UntilDone<S>;

    fn layer(&self, inner: S) -> UntilDone<S> {
        let tasks = self.clone();
        UntilDone { inner, tasks }
    }
}

/// Around an invocation, the sending of its answer included.
pub(crate) struct UntilDone<S> {
    inner: S,
    tasks: InvocationTasks,
}

impl<S> Service<LambdaInvocation> for UntilDone<S>
where
    S: Service<LambdaInvocation, Response = (), Error = Error>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = Error;
    type Future = BoxFuture<'static, Result<(), Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let deadline = Duration::from_millis(invocation.context.deadline);
        let (answered, tasks) = (self.inner.call(invocation), self.tasks.clone());
        async move {
            // A client that left is no reason to end the process.
            if let Err(error) = answered.await {
                tracing::warn!(cause = %error, "an answer could not be sent");
            }
            let left = deadline.saturating_sub(RESERVE + since_epoch());
            if tokio::time::timeout(left, tasks.0.wait()).await.is_err() {
                tracing::error!("an invocation's time is over before its tasks are done");
            }
            Ok(())
        }
        .boxed()
    }
}

fn since_epoch() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_runtime::service_fn;
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    fn invocation(left: Duration) -> LambdaInvocation {
        let mut context = lambda_runtime::Context::default();
        context.deadline = (since_epoch() + left).as_millis() as u64;
        let (parts, ()) = http::Response::new(()).into_parts();
        LambdaInvocation {
            parts,
            body: bytes::Bytes::new(),
            context,
        }
    }

    /// An invocation that fails and leaves a task which takes `time`; whether the task was done
    /// when the invocation was over.
    async fn is_done(time: Duration, left: Duration) -> bool {
        let tasks = InvocationTasks::new();
        let done = Arc::new(AtomicBool::new(false));
        let (spawn, is_done) = (tasks.clone(), done.clone());
        let inner = service_fn(move |_: LambdaInvocation| {
            let (spawn, is_done) = (spawn.clone(), is_done.clone());
            async move {
                let task = async move {
                    tokio::time::sleep(time).await;
                    is_done.store(true, Ordering::SeqCst);
                };
                spawn.spawn(task.boxed());
                Err::<(), Error>("the client left".into())
            }
        });
        let mut service = tasks.layer(inner);
        service.call(invocation(left)).await.unwrap();
        done.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn an_invocation_ends_after_its_tasks_whatever_ended_it() {
        let (short, long) = (Duration::from_millis(50), Duration::from_secs(60));
        assert!(is_done(short, long).await);
    }

    #[tokio::test]
    async fn its_deadline_ends_the_wait() {
        let (long, left) = (Duration::from_secs(60), RESERVE + Duration::from_millis(50));
        assert!(!is_done(long, left).await);
    }

    #[tokio::test]
    async fn an_invocation_ends_after_its_answers_body() {
        let tasks = InvocationTasks::new();
        let body = tasks.track(Body::from("text"));
        assert!(tasks.0.wait().now_or_never().is_none());
        drop(body);
        assert!(tasks.0.wait().now_or_never().is_some());
    }
}
