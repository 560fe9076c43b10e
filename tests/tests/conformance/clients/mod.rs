pub(crate) mod libraries;
mod openai;
mod readme;
mod seed;
mod websocket;

use std::path::PathBuf;
use tempfile::TempDir;

/// The upstream's fixed text.
const PLAIN: &str = "Hello! How can I help you today?\n";

/// That of its fixed stream of 64 words.
fn story() -> String {
    (0..64).map(|at| format!("w{at} ")).collect()
}

/// A file that holds this, as long as its folder is kept.
pub(crate) fn file(name: &str, text: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::with_prefix("openclaw-conformance-").expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("written");
    (folder, path)
}
