//! Log events as one JSON line each on the console: what `wrangler tail` and Workers Logs show.

use serde::Serialize;
use std::fmt::Debug;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use web_sys::console;

/// Takes the log for this isolate; `level` is what `OPENCLAW_LOG` says (`error`, `warn`, `info`,
/// `debug`, `trace`), `info` where it says nothing that is one.
pub(crate) fn install(level: Option<&str>) {
    let level = level.and_then(|level| level.parse().ok());
    let console = Lines {
        level: level.unwrap_or(Level::INFO),
        write: to_console,
    };
    // Fails where the isolate has it already.
    let _ = tracing::subscriber::set_global_default(console);
}

fn to_console(level: Level, line: String) {
    match level {
        Level::ERROR => console::error_1(&line.into()),
        Level::WARN => console::warn_1(&line.into()),
        _ => console::log_1(&line.into()),
    }
}

/// Writes a line for each event.
struct Lines {
    level: Level,
    write: fn(Level, String),
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    fn event(&self, event: &Event<'_>) {
        let level = *event.metadata().level();
        let mut line = Line::default();
        line.add("level", level.as_str());
        line.add("target", event.metadata().target());
        event.record(&mut line);
        (self.write)(level, line.end());
    }

    // The gateway has no spans.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// A JSON object, written as its members come.
#[derive(Default)]
struct Line(Vec<u8>);

impl Line {
    fn add(&mut self, name: &str, value: impl Serialize) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        // Writing to memory does not fail, nor do these values.
        let _ = serde_json::to_writer(&mut self.0, name);
        self.0.push(b':');
        let _ = serde_json::to_writer(&mut self.0, &value);
    }

    fn end(mut self) -> String {
        self.0.push(b'}');
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    thread_local!(static WRITTEN: RefCell<Vec<(Level, String)>> = const { RefCell::new(vec![]) });

    #[test]
    fn an_event_is_an_object_in_which_numbers_are_numbers() {
        let lines = Lines {
            level: Level::INFO,
            write: |level, line| WRITTEN.with_borrow_mut(|written| written.push((level, line))),
        };
        tracing::subscriber::with_default(lines, || {
            tracing::debug!("too fine");
            tracing::warn!(count = 3, share = 0.5, done = true, what = ?Some("x"), "a\nb");
        });
        let object = r#"{"level":"WARN","target":"openclaw_cloudflare::log::tests","message":"a\nb","count":3,"share":0.5,"done":true,"what":"Some(\"x\")"}"#;
        let expected = [(Level::WARN, object.to_owned())];
        assert_eq!(WRITTEN.take(), expected);
    }
}
