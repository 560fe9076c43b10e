//! What a run of `test` is about: packages of the workspace, and runtimes.

use crate::{Runtime, cargo, process};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{collections::BTreeSet, fmt, path::Path};

/// The package with the conformance suite.
const SUITE: &str = "openclaw-conformance";
/// Packages that the suite runs, beside those of its runtime.
const SERVER: &str = "openclaw-server";
/// Packages that read what lies beside the packages: documents, examples, templates.
const READERS: [&str; 2] = [SUITE, "xtask"];
/// Files that every build follows from.
const EVERYWHERE: [&str; 4] = [".cargo/", "Cargo.lock", "Cargo.toml", "clippy.toml"];
/// What is linted and tested with `--all` only: nobody runs it but `cargo xtask bench`.
const BENCH: &str = "openclaw-bench";

/// A package of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Package {
    name: String,
    /// From the top of the checkout, with a slash at the end.
    folder: String,
    /// The packages of the workspace that it is built or tested with.
    uses: Vec<String>,
    has_lambda: bool,
}

impl Package {
    /// Where alone it runs, for those that natively nobody needs.
    fn runtime(&self) -> Option<Runtime> {
        let is_in = |folder| self.folder.starts_with(folder);
        match () {
            () if is_in("platforms/aws/") => Some(Runtime::Lambda),
            () if is_in("platforms/cloudflare/") => Some(Runtime::Workers),
            () => None,
        }
    }

    /// Whether a hosted runtime runs it, too.
    fn is_hosted(&self) -> bool {
        ["functions/", "platforms/", "shared/"]
            .iter()
            .any(|folder| self.folder.starts_with(folder))
    }
}

/// What to do.
pub(super) struct Plan {
    /// Where the suite runs, and what belongs to the runtime is tested.
    runtimes: Vec<Runtime>,
    /// Whether these are all packages that the runtimes need.
    is_whole: bool,
    packages: Vec<Package>,
    /// The packages of the workspace that are Lambda functions.
    functions: Vec<String>,
    /// Why these.
    reason: String,
}

/// Which packages a run is about.
pub(super) enum Selection<'a> {
    /// All that the runtimes need.
    Everything,
    /// Those that what differs from the branch `main` can break.
    Changed,
    Named(&'a [String]),
}

impl Plan {
    /// The packages of `selection`, on `runtimes`; on none of them where no package runs there.
    pub(super) fn new(runtimes: &[Runtime], all: bool, selection: &Selection<'_>) -> Result<Self> {
        let mut packages = packages()?;
        let (reason, chosen) = match selection {
            Selection::Everything => ("everything".into(), None),
            Selection::Named(names) => {
                let known = |name: &&String| packages.iter().any(|package| package.name == **name);
                if let Some(unknown) = names.iter().find(|name| !known(name)) {
                    bail!("there is no package `{unknown}`");
                }
                (
                    "the named packages".into(),
                    Some(names.iter().cloned().collect()),
                )
            }
            Selection::Changed => {
                let files = changed_files()?;
                let reason = format!("what {} changed files can break", files.len());
                (reason, Some(broken_by(&files, &packages)))
            }
        };
        let is_named = matches!(selection, Selection::Named(_));
        let runs = |package: &Package| match package.runtime() {
            Some(runtime) => runtimes.contains(&runtime),
            None => all || package.name != BENCH,
        };
        let is_chosen = |package: &Package| match &chosen {
            Some(chosen) if is_named => chosen.contains(&package.name),
            Some(chosen) => chosen.contains(&package.name) && runs(package),
            None => runs(package),
        };
        let functions = packages.iter().filter(|package| package.has_lambda);
        let functions = functions.map(|package| package.name.clone()).collect();
        packages.retain(is_chosen);
        let chosen_all = chosen.is_none();
        Ok(Self {
            runtimes: runtimes.to_vec(),
            is_whole: chosen_all,
            packages,
            functions,
            reason,
        })
    }

    /// Whether nothing is to do.
    pub(super) fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// Whether nothing is left out.
    pub(super) const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Where the suite is to run.
    pub(super) fn suites(&self) -> Vec<Runtime> {
        let runs = |runtime: &Runtime| self.runs_suite(*runtime);
        self.runtimes.iter().copied().filter(runs).collect()
    }

    /// Whether the suite is to run on `runtime`: something of it or of what it tests is among the packages.
    fn runs_suite(&self, runtime: Runtime) -> bool {
        self.runtimes.contains(&runtime)
            && self.packages.iter().any(|package| match runtime {
                _ if package.name == SUITE => true,
                Runtime::Native => package.name == SERVER,
                hosted => {
                    package.is_hosted() && package.runtime().is_none_or(|only| only == hosted)
                }
            })
    }

    /// Cargo's arguments that choose the packages with their features, and what the suite needs beside them.
    pub(super) fn arguments(&self) -> Vec<String> {
        let mut names = BTreeSet::from_iter(self.packages.iter().map(|package| &*package.name));
        if !self.suites().is_empty() {
            names.extend([SUITE, SERVER]);
        }
        if self.runs_suite(Runtime::Workers) {
            names.insert(crate::workers::BINDGEN);
        }
        let mut features = vec![];
        if self.runs_suite(Runtime::Lambda) {
            names.extend(self.functions.iter().map(String::as_str));
            features.extend(self.functions.iter().map(|name| format!("{name}/lambda")));
        }
        let arguments = names.into_iter().flat_map(|name| ["--package", name]);
        let mut arguments = Vec::from_iter(arguments.map(str::to_owned));
        if !features.is_empty() {
            arguments.extend(["--features".into(), features.join(",")]);
        }
        arguments
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Vec::from_iter(self.packages.iter().map(|package| &*package.name));
        write!(
            formatter,
            "This tests {}: {}",
            self.reason,
            names.join(", ")
        )?;
        let suites = self.suites().into_iter();
        let suites = Vec::from_iter(suites.map(|runtime| format!("{runtime:?}").to_lowercase()));
        match suites.is_empty() {
            true => write!(formatter, "; not the conformance suite"),
            false => write!(
                formatter,
                "; the conformance suite on {}",
                suites.join(", ")
            ),
        }
    }
}

/// The packages of the workspace.
fn packages() -> Result<Vec<Package>> {
    let mut metadata = cargo::command(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&process::capture(&mut metadata)?)?;
    let packages = metadata["packages"].as_array().context("cargo metadata")?;
    packages.iter().map(package).collect()
}

fn package(package: &Value) -> Result<Package> {
    let manifest = Path::new(
        package["manifest_path"]
            .as_str()
            .context("no manifest_path")?,
    );
    let folder = manifest
        .parent()
        .and_then(|folder| folder.strip_prefix(cargo::root()).ok());
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    let ours = dependencies.filter(|dependency| dependency["path"].is_string());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(Package {
        name: text(&package["name"]),
        folder: format!(
            "{}/",
            folder
                .context("a package outside of the checkout")?
                .display()
        ),
        uses: ours.map(|dependency| text(&dependency["name"])).collect(),
        has_lambda: package["features"]["lambda"].is_array(),
    })
}

/// What differs from where this branch left `main`, committed or not.
fn changed_files() -> Result<Vec<String>> {
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        process::capture(git.args(arguments).current_dir(cargo::root()))
    };
    let main = git(&["rev-parse", "--verify", "--quiet", "origin/main"]);
    let main = main.unwrap_or_else(|_| "main".into());
    let base = git(&["merge-base", main.trim(), "HEAD"])?;
    let tracked = git(&["diff", "--name-only", base.trim()])?;
    let new = git(&["ls-files", "--others", "--exclude-standard"])?;
    Ok((tracked + &new).lines().map(str::to_owned).collect())
}

/// The packages that have one of `files`, and all that use them, directly or not.
fn broken_by(files: &[String], packages: &[Package]) -> BTreeSet<String> {
    let mut broken = BTreeSet::new();
    for file in files {
        if EVERYWHERE.iter().any(|start| file.starts_with(start)) {
            return packages
                .iter()
                .map(|package| package.name.clone())
                .collect();
        }
        let owners = packages
            .iter()
            .filter(|package| file.starts_with(&package.folder));
        match owners.max_by_key(|package| package.folder.len()) {
            Some(owner) => broken.insert(owner.name.clone()),
            None => {
                broken.extend(READERS.map(str::to_owned));
                false
            }
        };
    }
    loop {
        let uses = |package: &&Package| package.uses.iter().any(|name| broken.contains(name));
        let users = packages
            .iter()
            .filter(uses)
            .map(|package| package.name.clone());
        let users = BTreeSet::from_iter(users);
        if users.is_subset(&broken) {
            return broken;
        }
        broken.extend(users);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(file: &str) -> BTreeSet<String> {
        broken_by(&[file.to_owned()], &packages().unwrap())
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_change_breaks_its_package_and_whoever_uses_it() {
        let core = broken("shared/core/src/lib.rs");
        assert!(core.is_superset(&names(&["openclaw-core", "openclaw-web", SERVER])));
        assert_eq!(broken("server/src/main.rs"), names(&[SERVER]));
        let ledger = broken("platforms/cloudflare/ledger/src/lib.rs");
        assert_eq!(ledger, names(&["openclaw-cloudflare-ledger"]));
    }

    #[test]
    fn what_lies_beside_the_packages_is_read_by_some() {
        let readers = broken("docs/asyncapi.yaml");
        assert_eq!(readers, names(&[SUITE, "xtask", BENCH]));
        assert_eq!(broken("Cargo.lock").len(), packages().unwrap().len());
    }

    #[test]
    fn natively_nothing_is_built_for_other_runtimes() {
        let native = Plan::new(&[Runtime::Native], false, &Selection::Everything).unwrap();
        let arguments = native.arguments().join(" ");
        assert!(arguments.contains(SERVER) && native.runs_suite(Runtime::Native));
        for foreign in ["openclaw-aws", "openclaw-cloudflare", BENCH, "lambda"] {
            assert!(!arguments.contains(foreign), "{foreign}: {arguments}");
        }
        let all = [Runtime::Native, Runtime::Workers, Runtime::Lambda];
        let all = Plan::new(&all, true, &Selection::Everything).unwrap();
        assert_eq!(all.packages.len(), packages().unwrap().len());
        assert!(
            all.arguments()
                .join(" ")
                .contains("openclaw-function-chat/lambda")
        );
    }

    #[test]
    fn only_what_is_named_is_tested() {
        let named = ["openclaw-core".to_owned()];
        let plan = Plan::new(&[Runtime::Native], false, &Selection::Named(&named)).unwrap();
        assert_eq!(plan.arguments(), ["--package", "openclaw-core"]);
        assert!(plan.suites().is_empty());
        let unknown = ["openclaw-nothing".to_owned()];
        assert!(Plan::new(&[Runtime::Native], false, &Selection::Named(&unknown)).is_err());
    }
}
