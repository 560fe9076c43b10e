//! The functions' secrets. Cloudflare never shows one again, and all functions must have the same: so
//! what is generated here is kept in a file that only its owner can read.

use super::{
    Environment,
    document::{Document, catalog_variables, vendor_variables},
};
use crate::{cargo, gateway::write_private};
use anyhow::{Context, Result, bail};
use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs::{self, File},
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

/// The operator's token.
pub(crate) const ADMIN_TOKEN: &str = "OPENCLAW_ADMIN_TOKEN";
/// What JWTs are signed with.
pub(crate) const JWT_SECRETS: &str = "OPENCLAW_JWT_SECRETS";
/// What the hashes of API keys are made with.
pub(crate) const KEY_PEPPER: &str = "OPENCLAW_KEY_PEPPER";
/// What tenants' secrets are sealed with.
pub(crate) const MASTER_KEY: &str = "OPENCLAW_MASTER_KEY";

/// The gateway's own, and what each begins with when it is generated.
pub(crate) const OWN: [(&str, &str); 4] = [
    (ADMIN_TOKEN, "oc_admin_"),
    (JWT_SECRETS, "k1:"),
    (KEY_PEPPER, ""),
    (MASTER_KEY, ""),
];

/// Secrets by name.
pub(crate) type Values = BTreeMap<String, String>;

/// Where the secrets of one deployment come from.
pub(crate) struct Secrets {
    file: PathBuf,
    /// From our environment.
    given: Values,
    /// From our environment, the providers'.
    keys: Values,
    /// The names of those that neither the catalog's providers nor the document's have.
    vendors: Vec<String>,
}

/// What is to happen with one secret.
#[derive(Debug, PartialEq, Eq)]
enum Choice {
    /// The Workers have it.
    Keep,
    /// It is uploaded to all of them.
    Upload(String),
    /// None has it and nobody gave it.
    Generate,
}

impl Secrets {
    /// Of an environment, whose providers are the catalog's and the document's.
    pub(crate) fn new(
        file: Option<PathBuf>,
        env: Option<Environment>,
        document: Option<&Document>,
    ) -> Result<Self> {
        let name = match env {
            Some(env) => format!(".secrets/openclaw-{}.env", env.name()),
            None => ".secrets/openclaw.env".into(),
        };
        let mut named = catalog_variables()?;
        named.extend(document.map(Document::key_variables).unwrap_or_default());
        let mut vendors = vendor_variables()?;
        vendors.retain(|name| !named.contains(name));
        let keys = [named, vendors.clone()].concat();
        let own = OWN.map(|(name, _)| name.to_owned());
        Ok(Self {
            file: file.unwrap_or_else(|| cargo::root().join(name)),
            given: from_environment(own.to_vec()),
            keys: from_environment(keys),
            vendors,
        })
    }

    /// What becomes of them, for people.
    pub(crate) fn plan(&self) -> String {
        let own = OWN.map(|(name, _)| name).join(", ");
        let file = self.file.display();
        let given = self.given.keys().chain(self.keys.keys());
        let given = Vec::from_iter(given.map(String::as_str)).join(", ");
        let given = match &*given {
            "" => String::new(),
            names => format!("\n     from this environment: {names}"),
        };
        format!("{own}: as they are; where there are none, generated into {file}{given}")
    }

    /// Whether it belongs to a vendor that only its variable makes a provider.
    pub(crate) fn is_vendors(&self, name: &str) -> bool {
        self.vendors.iter().any(|vendor| vendor == name)
    }

    /// Where the generated ones are.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// What to upload, when `held` says which of the functions that use a secret of that name have it.
    /// What is generated is saved before anybody gets it.
    pub(crate) fn to_upload(&self, held: impl Fn(&str) -> Vec<bool>) -> Result<Values> {
        let saved = self.saved()?;
        let (mut upload, mut save) = (self.keys.clone(), saved.clone());
        for (name, start) in OWN {
            let (given, saved) = (self.given.get(name), saved.get(name));
            let value = match choose(name, given, saved, &held(name))? {
                Choice::Keep => continue,
                Choice::Upload(value) => value,
                Choice::Generate => format!("{start}{}", random()?),
            };
            if given.is_some() {
                // Its owner keeps it; what was generated before is true no more.
                save.remove(name);
            } else {
                save.insert(name.into(), value.clone());
            }
            upload.insert(name.into(), value);
        }
        if save != saved {
            self.save(&save)?;
        }
        Ok(upload)
    }

    fn saved(&self) -> Result<Values> {
        let text = match fs::read_to_string(&self.file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Values::new()),
            read => read.with_context(|| self.file.display().to_string())?,
        };
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Ok(pairs
            .map(|(name, value)| (name.into(), value.into()))
            .collect())
    }

    fn save(&self, values: &Values) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut text = String::new();
        for (name, value) in values {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}={value}");
        }
        write_private(&self.file, &text)
    }
}

fn choose(
    name: &str,
    given: Option<&String>,
    saved: Option<&String>,
    held: &[bool],
) -> Result<Choice> {
    let all = held.iter().all(|held| *held);
    let any = held.iter().any(|held| *held);
    match (given, saved) {
        (Some(value), _) => Ok(Choice::Upload(value.clone())),
        (None, _) if all => Ok(Choice::Keep),
        (None, Some(value)) => Ok(Choice::Upload(value.clone())),
        (None, None) if any => bail!(
            "some functions have {name} and others not, and Cloudflare shows it to nobody: set the \
             variable {name} to its value, or to a new one for all"
        ),
        (None, None) => Ok(Choice::Generate),
    }
}

fn from_environment(names: Vec<String>) -> Values {
    let set = |name: String| {
        let value = env::var(&name).ok().filter(|value| !value.is_empty())?;
        Some((name, value))
    };
    names.into_iter().filter_map(set).collect()
}

/// 256 bits, as 64 hexadecimal digits.
fn random() -> Result<String> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let mut text = String::new();
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_generated_only_where_nobody_has_one() {
        let (new, old) = (Some("new".to_owned()), Some("old".to_owned()));
        let upload = |value: &str| Choice::Upload(value.into());
        for (given, saved, held, chosen) in [
            (&None, &None, [false, false], Choice::Generate),
            (&None, &None, [true, true], Choice::Keep),
            (&None, &old, [true, true], Choice::Keep),
            (&None, &old, [true, false], upload("old")),
            (&None, &old, [false, false], upload("old")),
            (&new, &old, [true, true], upload("new")),
            (&new, &None, [true, false], upload("new")),
        ] {
            let choice = choose("X", given.as_ref(), saved.as_ref(), &held).unwrap();
            assert_eq!(choice, chosen, "{given:?} {saved:?} {held:?}");
        }
        let lost = choose("X", None, None, &[true, false]).unwrap_err();
        assert!(lost.to_string().contains("set the variable X"), "{lost}");
    }
}
