//! Paths and what answers there.

use crate::App;
use axum::routing::MethodRouter;

/// The paths that a function offers, without the `/v1` in front of them.
///
/// axum's own `Router` could be nested under that, twice; each takes what a request comes through apart
/// and together again, and several kilobytes of a Worker.
#[derive(Clone, Debug, Default)]
pub struct Routes(Vec<(&'static str, MethodRouter<App>)>);

impl Routes {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a path.
    #[must_use]
    pub fn route(mut self, path: &'static str, methods: MethodRouter<App>) -> Self {
        self.0.push((path, methods));
        self
    }

    /// Adds those of another.
    #[must_use]
    pub fn merge(mut self, mut others: Self) -> Self {
        self.0.append(&mut others.0);
        self
    }

    /// Each with something before its methods.
    #[must_use]
    pub fn map(mut self, change: impl Fn(MethodRouter<App>) -> MethodRouter<App>) -> Self {
        for (_, methods) in &mut self.0 {
            *methods = change(std::mem::take(methods));
        }
        self
    }

    /// The paths.
    pub fn paths(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(path, _)| *path)
    }

    /// The paths, and what answers at each.
    pub(crate) fn into_paths(self) -> impl Iterator<Item = (&'static str, MethodRouter<App>)> {
        self.0.into_iter()
    }
}
