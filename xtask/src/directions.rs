//! Who may depend on whom: functions → shared ← platforms, and no SDK in what runs everywhere.

use crate::{cargo, process};
use cargo_metadata::{Dependency, DependencyKind, MetadataCommand, Package};
use std::path::Path;

/// What exists on one runtime only, by crate name; a trailing `*` stands for any ending.
const SDKS: [&str; 14] = [
    "aws-*", "aws_*", "hyper", "lambda_*", "mio", "reqwest", "ring", "rusqlite", "socket2",
    "tokio", "tokio-*", "web-sys", "worker", "worker-*",
];

/// Where a crate of ours is, by the first folders of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Shared,
    Function,
    /// The contract suite: knows the ports, and no runtime.
    Testkit,
    /// Ports without state that several platforms have in common.
    Common,
    Platform,
    /// What puts a runtime together: the server, Workers that are no function, tests, xtask.
    Top,
}

/// The rule that a dependency of `from` on `to` breaks.
fn broken(from: Layer, to: Layer, is_dev: bool) -> Option<&'static str> {
    use Layer::{Common, Function, Platform, Shared, Testkit, Top};
    match (from, to) {
        (_, Shared) | (Top, _) | (Platform, Common) => None,
        (_, Testkit) if is_dev => None,
        (Shared, _) => Some("shared never names a platform, a function or what is above"),
        (Platform, Platform) => Some("platforms never name each other"),
        (Function, Platform | Common) => Some("a function's library never names a platform"),
        (Function, Function) => Some("functions never name each other"),
        (_, Testkit) => Some("the testkit is for tests"),
        (Testkit, _) => Some("the testkit knows the ports only"),
        (Platform | Common, _) => Some("a platform knows the ports, no function"),
        (_, Top) => Some("nothing stands on what puts a runtime together"),
    }
}

fn layer(package: &Package) -> Layer {
    let path = Path::new(&package.manifest_path);
    let inside = path.strip_prefix(cargo::root()).unwrap();
    let mut folders = inside.iter().map(|name| name.to_str().unwrap());
    match (folders.next(), folders.next(), folders.next()) {
        (Some("shared"), ..) => Layer::Shared,
        (Some("functions"), ..) => Layer::Function,
        (Some("platforms"), Some("testkit"), _) => Layer::Testkit,
        (Some("platforms"), Some("tokio"), _) => Layer::Common,
        (Some("platforms"), _, Some("Cargo.toml")) => Layer::Platform,
        _ => Layer::Top,
    }
}

/// A function's entry on a platform is a feature of its package: off unless that platform's build asks
/// for it, and then the library is the same.
fn is_entry(from: Layer, dependency: &Dependency) -> bool {
    from == Layer::Function && dependency.optional
}

fn packages() -> Vec<Package> {
    let mut command = MetadataCommand::new();
    let metadata = command.current_dir(cargo::root()).no_deps().exec();
    metadata.unwrap().packages
}

fn is_sdk(name: &str) -> bool {
    SDKS.iter().any(|sdk| match sdk.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *sdk,
    })
}

/// The crates that `package` is built from for `target`, alone and without its tests.
fn built_from(package: &Package, target: &str) -> Vec<String> {
    let arguments = ["tree", "--edges", "normal", "--prefix", "none"];
    let mut tree = cargo::command(&arguments);
    tree.args(["--format", "{p}", "--target", target]);
    let listed = process::capture(tree.args(["--package", &package.name])).unwrap();
    let names = listed.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn crates_of_ours_depend_in_the_right_direction() {
    let packages = packages();
    let mut wrong = vec![];
    for from in &packages {
        for dependency in &from.dependencies {
            let Some(to) = packages.iter().find(|to| *to.name == dependency.name) else {
                continue;
            };
            if is_entry(layer(from), dependency) {
                continue;
            }
            let is_dev = dependency.kind == DependencyKind::Development;
            if let Some(rule) = broken(layer(from), layer(to), is_dev) {
                wrong.push(format!("{} → {}: {rule}", from.name, to.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_runs_everywhere_is_built_without_any_sdk() {
    let mut wrong = vec![];
    let packages = packages();
    let everywhere = packages
        .iter()
        .filter(|package| matches!(layer(package), Layer::Shared | Layer::Function));
    for package in everywhere {
        for target in ["x86_64-unknown-linux-gnu", "wasm32-unknown-unknown"] {
            let names = built_from(package, target);
            assert!(names.contains(&package.name), "cargo tree: {names:?}");
            let sdks = names.into_iter().filter(|name| is_sdk(name));
            wrong.extend(sdks.map(|sdk| {
                let why = format!("cargo tree -p {} -i {sdk} --target {target}", package.name);
                format!("{} is built from {sdk}: {why}", package.name)
            }));
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_rules_refuse_what_the_design_refuses() {
    use Layer::{Function, Platform, Shared, Testkit, Top};
    for (from, to) in [
        (Shared, Platform),
        (Shared, Function),
        (Platform, Platform),
        (Function, Platform),
        (Function, Function),
        (Platform, Top),
        (Shared, Testkit),
    ] {
        assert!(broken(from, to, false).is_some(), "{from:?} → {to:?}");
    }
    assert!(broken(Shared, Platform, true).is_some());
    assert!(broken(Platform, Testkit, true).is_none());
    assert!(broken(Function, Shared, false).is_none());
    assert!(is_sdk("lambda_http") && is_sdk("tokio") && !is_sdk("tokenizers"));
}
