//! What templates make, bounded in size and depth.

use serde::Serialize;
use serde_json::{
    Value,
    ser::{CompactFormatter, Formatter, Serializer},
};
use std::io::{self, Write};

/// How deep a value may nest: what JSON's reader takes.
const MAX_DEPTH: usize = 100;

/// Bytes up to a number.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    limit: usize,
}

impl Buffer {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            limit,
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Write for Buffer {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > self.limit {
            return Err(io::Error::other("too large"));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `value` as JSON, and its bytes as text: at most `limit`. A value may hold another one many times over, so
/// it is written before it is built.
pub(super) fn to_json(
    value: &minijinja::Value,
    limit: usize,
) -> Result<(Value, usize), super::Problem> {
    let mut text = Buffer::new(limit);
    let mut serializer = Serializer::with_formatter(&mut text, Shallow::default());
    match value.serialize(&mut serializer) {
        Ok(()) => {}
        Err(error) if error.is_io() => return Err("becomes too large or nests too deep".into()),
        Err(_) => return Err("is no JSON".into()),
    }
    let value = serde_json::from_slice(&text.bytes);
    let value = value.map_err(|_| "is no JSON".to_owned())?;
    Ok((value, text.bytes.len()))
}

/// Refuses what nests too deep, before the stack is used up.
#[derive(Default)]
struct Shallow {
    depth: usize,
}

impl Shallow {
    fn enter(&mut self) -> io::Result<()> {
        self.depth += 1;
        match self.depth > MAX_DEPTH {
            true => Err(io::Error::other("too deep")),
            false => Ok(()),
        }
    }
}

impl Formatter for Shallow {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        CompactFormatter.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        CompactFormatter.end_array(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        CompactFormatter.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        CompactFormatter.end_object(writer)
    }
}
