//! `cargo xtask`; the library says what it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::main()
}
