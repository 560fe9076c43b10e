//! Which function of a Worker comes after which. gzip sees repetition within 32 KB only, and most of
//! what functions have in common is with one that is elsewhere: next to each other they compress
//! better by a fortieth.

use super::wasm::{self, Reader, number, push};
use anyhow::{Context, Result};
use std::{cmp::Ordering, collections::VecDeque};

/// How many bytes in a row must be the same to count.
const RUN: usize = 8;

/// A run in more functions than these is in every window anyway.
const COMMON: usize = 400;

/// How far back something may be that helps, in bytes: less than 32 KB, for what is between functions.
const WINDOW: usize = 28_000;

/// What large functions have in common with others is weighed against this power of their size:
/// less than 1, or the smallest would always come first.
const WEIGHT: f64 = 0.7;

/// `wasm` with names for its functions, by which they are in order.
pub(crate) fn named(wasm: &[u8]) -> Result<Vec<u8>> {
    let (imported, bodies) = functions(wasm).context("this is no wasm")?;
    let mut names = vec![String::new(); bodies.len()];
    for (place, function) in order(&bodies).into_iter().enumerate() {
        names[function] = format!("{place:06}");
    }
    let mut map = number(names.len());
    for (function, name) in names.iter().enumerate() {
        map.extend(number(imported + function));
        push(&mut map, name.as_bytes());
    }
    // A custom section, of which the first part is the names of functions.
    let mut section = vec![];
    push(&mut section, b"name");
    section.push(1);
    push(&mut section, &map);
    let mut named = wasm.to_vec();
    named.push(0);
    push(&mut named, &section);
    Ok(named)
}

/// The functions by their bodies: each the one that has most in common with those before it.
fn order(bodies: &[&[u8]]) -> Vec<usize> {
    let runs = Runs::of(bodies);
    let mut window = Window {
        functions: VecDeque::new(),
        bytes: 0,
        runs: vec![0; runs.holders.len()],
        likeness: vec![0; bodies.len()],
    };
    let mut left = Vec::from_iter(0..bodies.len());
    let mut order = Vec::with_capacity(bodies.len());
    while let Some(next) = next(&left, &window, bodies) {
        let function = left.remove(next);
        window.add(function, bodies, &runs);
        order.push(function);
    }
    order
}

/// The place in `left` of what comes next: the largest one where nothing is like what was before.
fn next(left: &[usize], window: &Window, bodies: &[&[u8]]) -> Option<usize> {
    let worth = |function: usize| {
        let size = bodies[function].len();
        (
            f64::from(window.likeness[function]) / (size as f64).powf(WEIGHT),
            size,
        )
    };
    let by_worth = |a: &(usize, (f64, usize)), b: &(usize, (f64, usize))| {
        let ((a, of_a), (b, of_b)) = (a, b);
        let worth = of_a.0.total_cmp(&of_b.0).then(of_a.1.cmp(&of_b.1));
        // The earlier one of two that are the same.
        worth.then(b.cmp(a))
    };
    let worths = left.iter().map(|function| worth(*function)).enumerate();
    worths
        .max_by(|a, b| by_worth(a, b) as Ordering)
        .map(|(at, _)| at)
}

/// Runs of bytes that are in several functions.
struct Runs {
    /// Of each function.
    held: Vec<Vec<usize>>,
    /// The functions of each.
    holders: Vec<Vec<usize>>,
}

impl Runs {
    fn of(bodies: &[&[u8]]) -> Self {
        let mut all = Vec::new();
        for (function, body) in bodies.iter().enumerate() {
            all.extend(body.windows(RUN).map(|run| (run, function)));
        }
        all.sort_unstable();
        all.dedup();
        let (mut held, mut holders) = (vec![vec![]; bodies.len()], vec![]);
        for same in all.chunk_by(|a, b| a.0 == b.0) {
            if (2..=COMMON).contains(&same.len()) {
                let functions = same.iter().map(|(_, function)| *function);
                functions
                    .clone()
                    .for_each(|function| held[function].push(holders.len()));
                holders.push(functions.collect());
            }
        }
        Self { held, holders }
    }
}

/// What is near enough before the next function.
struct Window {
    functions: VecDeque<usize>,
    bytes: usize,
    /// In how many of them each run is.
    runs: Vec<u32>,
    /// How many runs of each function are in one of them.
    likeness: Vec<u32>,
}

impl Window {
    fn add(&mut self, function: usize, bodies: &[&[u8]], runs: &Runs) {
        self.functions.push_back(function);
        self.bytes += bodies[function].len();
        for run in &runs.held[function] {
            self.runs[*run] += 1;
            if self.runs[*run] == 1 {
                runs.holders[*run]
                    .iter()
                    .for_each(|holder| self.likeness[*holder] += 1);
            }
        }
        while self.bytes > WINDOW && self.functions.len() > 1 {
            self.remove_first(bodies, runs);
        }
    }

    fn remove_first(&mut self, bodies: &[&[u8]], runs: &Runs) {
        let Some(function) = self.functions.pop_front() else {
            return;
        };
        self.bytes -= bodies[function].len();
        for run in &runs.held[function] {
            self.runs[*run] -= 1;
            if self.runs[*run] == 0 {
                runs.holders[*run]
                    .iter()
                    .for_each(|holder| self.likeness[*holder] -= 1);
            }
        }
    }
}

/// How many functions `wasm` imports, and the bodies of its own.
fn functions(wasm: &[u8]) -> Result<(usize, Vec<&[u8]>)> {
    let (mut imported, mut bodies) = (0, vec![]);
    for (kind, section) in wasm::sections(wasm)? {
        let mut section = Reader(section);
        match kind {
            2 => imported = section.imported()?,
            10 => {
                let count = section.number()?;
                bodies = (0..count).map(|_| section.sized()).collect::<Result<_>>()?;
            }
            _ => {}
        }
    }
    Ok((imported, bodies))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_side_by_side() {
        let (long, other) = ([1; 200], b"0123456789abcdefghijklmnopqrstuvwxyz");
        let bodies = [
            &other[..30],
            &[2; 20],
            &other[4..],
            &long,
            b"short",
            &long[..20],
        ];
        assert_eq!(order(&bodies), [3, 5, 2, 0, 1, 4]);
        assert_eq!(order(&[]), [0usize; 0]);
    }

    #[test]
    fn functions_are_named_by_their_places() {
        // One import of each kind, then two functions.
        let imports = b"\x05\x01m\x01f\x00\x00\x01m\x01t\x01\x70\x01\x01\x02\x01m\x01m\x02\x00\x01\
            \x01m\x01g\x03\x7f\x00\x01m\x01e\x04\x00\x00";
        let mut module = b"\0asm\x01\0\0\0\x02".to_vec();
        push(&mut module, imports);
        module.push(10);
        push(&mut module, b"\x02\x02\x00\x0b\x03\x00\x01\x0b");
        let named = named(&module).unwrap();
        let names = b"\x00\x18\x04name\x01\x11\x02\x01\x06000001\x02\x06000000";
        assert_eq!(named, [&module[..], names].concat());
    }

    #[test]
    fn what_is_no_module_is_refused() {
        for bytes in [&b""[..], b"\0asm\x02\0\0\0", b"\0asm\x01\0\0\0\x0a\x05\x01"] {
            assert!(named(bytes).is_err());
        }
    }
}
