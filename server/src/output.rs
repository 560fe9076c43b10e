//! The command line's own output: results on standard output, everything else on standard error.

use anyhow::Result;
use std::io::{Write, stderr, stdout};

/// Writes a result, alone on its line, to standard output.
pub(crate) fn print(line: &str) -> Result<()> {
    Ok(writeln!(stdout(), "{line}")?)
}

/// Writes a line to standard error. There is nobody to tell where that fails.
pub(crate) fn print_error(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}
