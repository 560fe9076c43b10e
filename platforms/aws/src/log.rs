//! The log: one JSON line an event on standard output, which Lambda takes to CloudWatch.

use crate::app::variable;
use std::io;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    filter::{Targets, filter_fn},
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Starts it. `OPENCLAW_LOG` is a level, or levels by module, such as `info,openclaw_aws=debug`.
pub(crate) fn start() {
    subscriber(variable("OPENCLAW_LOG").as_deref(), io::stdout).init();
}

fn subscriber<W>(levels: Option<&str>, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let levels = levels.and_then(|levels| levels.parse::<Targets>().ok());
    let levels = levels.unwrap_or_else(|| Targets::new().with_default(Level::INFO));
    let lines = fmt::layer().json().flatten_event(true).with_writer(writer);
    tracing_subscriber::registry()
        .with(lines)
        .with(levels)
        .with(filter_fn(holds_no_request))
}

/// Below this level Lambda's runtime, the SDK and hyper write whole events and requests: query strings
/// and headers with keys in them.
fn holds_no_request(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || metadata.target().starts_with("openclaw")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(levels: Option<&str>, events: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = subscriber(levels, move || writer.clone());
        tracing::subscriber::with_default(subscriber, events);
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn no_level_makes_others_write_requests_down() {
        for levels in ["trace", "trace,lambda_runtime=trace,hyper=debug"] {
            let written = written(Some(levels), || {
                tracing::trace!(target: "lambda_runtime", "?api_key=oc_live_1");
                tracing::debug!(target: "hyper::proto", "?api_key=oc_live_2");
                tracing::info!(target: "lambda_runtime", "started");
                tracing::trace!(target: "openclaw_aws::kv", "looked");
            });
            assert!(!written.contains("oc_live"), "{written}");
            assert!(written.contains("started") && written.contains("looked"));
        }
    }

    #[test]
    fn levels_are_as_told_and_info_where_they_cannot_be_read() {
        let events = || {
            tracing::debug!(target: "openclaw_aws", "fine");
            tracing::warn!(target: "openclaw_aws", "odd");
        };
        assert!(!written(Some("error"), events).contains("odd"));
        assert!(written(Some("openclaw_aws=debug"), events).contains("fine"));
        for unreadable in [None, Some("?=?")] {
            let written = written(unreadable, events);
            assert!(
                written.contains("odd") && !written.contains("fine"),
                "{written}"
            );
        }
    }
}
