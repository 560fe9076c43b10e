mod chat;
mod content;
mod delete;
mod hostile;
mod list;
mod long;
mod process;
mod storage;
mod upload;
mod uploads;

use openclaw_conformance::harness::Target;

/// Whether jobs about files are worked on there; where they are not, the case says so.
fn are_processed_or_skips() -> bool {
    let are = Target::chosen() != Target::Lambda;
    if !are {
        eprintln!("skipped: nobody works on the jobs of files there yet");
    }
    are
}
