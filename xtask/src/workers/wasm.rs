//! Modules as bytes (<https://webassembly.github.io/spec/core/binary/modules.html>).

use anyhow::{Context, Result, bail, ensure};

/// What every module begins with.
pub(crate) const MAGIC: &[u8] = b"\0asm\x01\0\0\0";

/// The sections of a module, each with its kind.
pub(crate) fn sections(module: &[u8]) -> Result<Vec<(u8, &[u8])>> {
    let mut module = Reader(module);
    ensure!(module.take(MAGIC.len())? == MAGIC, "this is no wasm");
    let mut sections = vec![];
    while !module.0.is_empty() {
        sections.push((module.byte()?, module.sized()?));
    }
    Ok(sections)
}

/// What is left of a module or a part of one.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next so many bytes.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes).context("it ends early")?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next one.
    pub(crate) fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned number in LEB128.
    pub(crate) fn number(&mut self) -> Result<usize> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        bail!("a number is too long")
    }

    /// Bytes behind their number.
    pub(crate) fn sized(&mut self) -> Result<&'a [u8]> {
        let bytes = self.number()?;
        self.take(bytes)
    }

    /// How many functions a section of imports has.
    pub(crate) fn imported(&mut self) -> Result<usize> {
        let mut functions = 0;
        for _ in 0..self.number()? {
            // Module and name.
            self.sized()?;
            self.sized()?;
            match self.byte()? {
                0 => {
                    self.number()?;
                    functions += 1;
                }
                1 => {
                    self.byte()?;
                    self.limits()?;
                }
                2 => self.limits()?,
                3 => drop(self.take(2)?),
                4 => {
                    self.byte()?;
                    self.number()?;
                }
                kind => bail!("an import of the unknown kind {kind}"),
            }
        }
        Ok(functions)
    }

    fn limits(&mut self) -> Result<()> {
        let has_most = self.byte()? & 1 == 1;
        self.number()?;
        if has_most {
            self.number()?;
        }
        Ok(())
    }
}

/// A number in LEB128.
pub(crate) fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = vec![];
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// Appends `bytes` behind their number.
pub(crate) fn push(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend(number(bytes.len()));
    to.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_are_written_and_read() {
        for size in [0, 1, 127, 128, 300, 1 << 20, u32::MAX as usize] {
            assert_eq!(Reader(&number(size)).number().unwrap(), size);
        }
        assert!(Reader(&[0xff; 9]).number().is_err());
    }
}
