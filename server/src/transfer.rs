//! `openclaw-api export` and `import`: a data folder, whole and consistent, elsewhere.

use crate::{
    config::{self, ConfigArgs},
    output::print_error,
    secrets,
};
use anyhow::{Context, Result, bail};
use openclaw_native::{DataFolder, Database};
use std::{fs, path::Path};

/// Copies database and generated secrets of the data folder into the new folder `target`.
pub(crate) fn export(arguments: &ConfigArgs, target: &Path) -> Result<()> {
    let config = config::load(arguments)?;
    let source = DataFolder::open(&config.server.data_dir)?;
    copy(&source, &new_folder(target)?, config.server.durability)?;
    print_error(&format!(
        "exported {} to {}",
        source.path().display(),
        target.display()
    ));
    Ok(())
}

/// Makes the data folder from the exported folder `source`.
pub(crate) fn import(arguments: &ConfigArgs, source: &Path) -> Result<()> {
    let config = config::load(arguments)?;
    if !source.is_dir() {
        bail!("{} is not a folder", source.display());
    }
    let target = new_folder(&config.server.data_dir)?;
    copy(
        &DataFolder::open(source)?,
        &target,
        config.server.durability,
    )?;
    print_error(&format!(
        "imported {} from {}",
        target.path().display(),
        source.display()
    ));
    Ok(())
}

fn new_folder(path: &Path) -> Result<DataFolder> {
    let folder = DataFolder::open(path)?;
    if folder.database_path().exists() {
        bail!("{} holds a database already", path.display());
    }
    Ok(folder)
}

fn copy(
    source: &DataFolder,
    target: &DataFolder,
    durability: openclaw_schema::config::Durability,
) -> Result<()> {
    if !source.database_path().exists() {
        bail!("there is no database in {}", source.path().display());
    }
    for file in secrets::FILES {
        let from = source.path().join(file);
        // The mode goes along. A secret that came from the environment has no file.
        if from.exists() {
            fs::copy(&from, target.path().join(file))
                .with_context(|| format!("cannot copy {}", from.display()))?;
        }
    }
    let database = Database::open(&source.database_path(), durability)?;
    Ok(database.copy_to(&target.database_path())?)
}
