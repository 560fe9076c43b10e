//! The attempts that are being made for a run.

use crate::definition::StepError;
use futures_util::{
    FutureExt, StreamExt,
    future::{AbortHandle, Abortable, BoxFuture},
    stream::FuturesUnordered,
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// A step, and what came of its attempt.
pub(super) type Made = (String, Result<Value, StepError>);

/// Attempts that run, and those that are over and not written yet.
#[derive(Default)]
pub(super) struct Tasks {
    futures: FuturesUnordered<Abortable<BoxFuture<'static, Made>>>,
    handles: HashMap<String, AbortHandle>,
    running: HashSet<String>,
    finished: Vec<Made>,
}

impl Tasks {
    pub(super) fn start(
        &mut self,
        path: String,
        work: impl Future<Output = Made> + Send + 'static,
    ) {
        let (handle, registration) = AbortHandle::new_pair();
        self.futures
            .push(Abortable::new(work.boxed(), registration));
        self.handles.insert(path.clone(), handle);
        self.running.insert(path);
    }

    /// The steps that are worked on, and those whose attempts are not written yet.
    pub(super) const fn running(&self) -> &HashSet<String> {
        &self.running
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// The attempts that are over.
    pub(super) fn finished(&self) -> &[Made] {
        &self.finished
    }

    /// They are written.
    pub(super) fn forget_finished(&mut self) {
        for (path, _) in self.finished.drain(..) {
            self.handles.remove(&path);
            self.running.remove(&path);
        }
    }

    /// Ends the attempts of all other steps.
    pub(super) fn retain(&mut self, is_open: impl Fn(&str) -> bool) {
        self.handles.retain(|path, handle| {
            let stays = is_open(path);
            if !stays {
                handle.abort();
            }
            stays
        });
        self.running.retain(|path| is_open(path));
    }

    /// Waits until one is over, and takes all that are.
    pub(super) async fn next(&mut self) {
        while let Some(made) = self.futures.next().await {
            if let Ok(made) = made {
                self.finished.push(made);
                break;
            }
        }
        while let Some(Some(Ok(made))) = self.futures.next().now_or_never() {
            self.finished.push(made);
        }
    }
}
