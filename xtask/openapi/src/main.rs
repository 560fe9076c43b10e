//! `cargo xtask openapi` runs this.

use anyhow::Result;
use std::{fs, path::Path};

fn main() -> Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for (name, text) in openclaw_openapi_document::files(&docs)? {
        fs::write(docs.join(name), text)?;
    }
    Ok(())
}
