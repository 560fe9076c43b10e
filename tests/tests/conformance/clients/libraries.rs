//! The project's own client libraries: their examples as they are printed, and what they do beside that.

use super::{PLAIN, story};
use openclaw_conformance::harness::{Account, minute_with, run};
use serde_json::json;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Where `sdks/check.py` left the built libraries and examples; `None`, with the reason written, where nobody
/// says so.
pub(crate) fn built() -> Option<PathBuf> {
    let folder = std::env::var_os("OPENCLAW_SDKS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: OPENCLAW_SDKS is not set: `cargo xtask test` builds the libraries");
    }
    folder
}

fn variable(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.into())
}

/// What runs a program, and its file.
pub(crate) type Program = (Command, String);

fn javascript(sdks: &Path, file: &str) -> Program {
    let node = Command::new(variable("OPENCLAW_NODE", "node"));
    (node, sdks.join(file).display().to_string())
}

fn python(sdks: &Path, file: &str) -> Program {
    let mut python = Command::new(variable("OPENCLAW_SDK_PYTHON", "python3"));
    python.env("PYTHONPATH", sdks.join("python/installed"));
    python.env("PYTHONUTF8", "1");
    (python, sdks.join(file).display().to_string())
}

fn go(sdks: &Path, name: &str) -> Program {
    (
        Command::new(sdks.join("examples/go/bin").join(name)),
        name.into(),
    )
}

/// The example `name` in each language.
pub(crate) fn examples(sdks: &Path, name: &str) -> [Program; 3] {
    [
        javascript(sdks, &format!("examples/js/{name}.mjs")),
        python(sdks, &format!("examples/python/{name}.py")),
        go(sdks, name),
    ]
}

/// All examples that need a gateway, one after the other.
async fn examples_work(program: impl Fn(&Path, &str) -> Program) {
    let Some(sdks) = built() else { return };
    let account = Account::new().await;
    let story = story();
    for (name, expected) in [
        ("chat", vec![PLAIN]),
        ("streaming", vec![&*story]),
        ("skills", vec!["weather-skill 1.0.0\n", "London: "]),
        ("workflow", vec!["completed "]),
        (
            "files",
            vec!["processed The meeting is on Thursday at ten.", PLAIN],
        ),
        ("websocket", vec![&*story, PLAIN]),
    ] {
        let (command, file) = program(&sdks, name);
        let said = run(command, &file, &account.key.secret).await;
        for text in expected {
            assert!(said.contains(text), "{name}: {said}");
        }
    }
}

#[tokio::test]
async fn the_examples_in_javascript_work() {
    examples_work(|sdks, name| javascript(sdks, &format!("examples/js/{name}.mjs"))).await;
}

#[tokio::test]
async fn the_examples_in_python_work() {
    examples_work(|sdks, name| python(sdks, &format!("examples/python/{name}.py"))).await;
}

#[tokio::test]
async fn the_examples_in_go_work() {
    examples_work(go).await;
}

/// A program that checks everything itself and says so at its end: errors, limits, streams that are cut and
/// abandoned, files in parts, lists over pages, tokens, a WebSocket that breaks.
async fn checks_pass(program: impl Fn(&Path) -> Program) {
    let Some(sdks) = built() else { return };
    let account = Account::new().await;
    let limited = account.another_key(json!({"rate_limit": 1})).await;
    minute_with(20).await;
    let (mut command, file) = program(&sdks);
    command.env("OPENCLAW_LIMITED_KEY", limited.secret);
    let said = run(command, &file, &account.key.secret).await;
    assert!(said.ends_with("all checks passed\n"), "{said}");
}

#[tokio::test]
async fn the_library_for_javascript_works() {
    checks_pass(|sdks| javascript(sdks, "js/gateway/checks.mjs")).await;
}

#[tokio::test]
async fn the_library_for_python_works() {
    checks_pass(|sdks| python(sdks, "python/tests/gateway.py")).await;
}

#[tokio::test]
async fn the_library_for_go_works() {
    checks_pass(|sdks| go(sdks, "checks")).await;
}
