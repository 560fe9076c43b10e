//! What wasm-bindgen makes for JavaScript and nobody uses: classes for types of our dependencies, of
//! which no object ever exists, and by their methods the code behind them in every Worker.

use super::wasm::{self, MAGIC, Reader, number, push};
use anyhow::Result;
use std::collections::BTreeSet;

/// What every class has beside it, called after it.
const FINALIZATION: &str = "Finalization";

/// `glue` without the classes that neither it nor `entry` names outside of themselves; and what of
/// the wasm only they named.
pub(crate) fn cut(glue: &str, entry: &str) -> (String, BTreeSet<String>) {
    let mut left = glue.to_owned();
    for class in classes(glue) {
        let without = without(&left, class);
        let finalization = format!("{class}{FINALIZATION}");
        if ![&without, entry]
            .iter()
            .any(|text| names(text, class) || names(text, &finalization))
        {
            left = without;
        }
    }
    let still = called(&left);
    let gone = called(glue)
        .into_iter()
        .filter(|name| !still.contains(name));
    let gone = gone.map(str::to_owned).collect();
    (left, gone)
}

fn classes(glue: &str) -> impl Iterator<Item = &str> {
    glue.lines().filter_map(|line| {
        let class = line.strip_prefix("export ").unwrap_or(line);
        class.strip_prefix("class ")?.strip_suffix(" {")
    })
}

/// `glue` without the statements that make up `class`: all of them begin a line and end with one that
/// is not indented.
fn without(glue: &str, class: &str) -> String {
    let starts = [
        format!("class {class} {{"),
        format!("export class {class} {{"),
        format!("if (Symbol.dispose) {class}.prototype[Symbol.dispose] = "),
        format!("const {class}{FINALIZATION} = "),
    ];
    let mut left = String::with_capacity(glue.len());
    let mut within = false;
    for line in glue.split_inclusive('\n') {
        let starts_here = starts.iter().any(|start| line.starts_with(start));
        if !within && !starts_here {
            left.push_str(line);
        }
        let ends = line.starts_with('}') || line.trim_end().ends_with(';');
        let is_last = ends && !line.starts_with(' ');
        within = (within || starts_here) && !is_last;
    }
    left
}

/// Whether `text` has `name` as a word.
fn names(text: &str, name: &str) -> bool {
    words(text).any(|word| word == name)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
}

/// What `glue` calls in the wasm.
fn called(glue: &str) -> BTreeSet<&str> {
    let calls = glue.split("wasm.").skip(1);
    calls.filter_map(|after| words(after).next()).collect()
}

/// `module` without these exports.
pub(crate) fn without_exports(module: &[u8], gone: &BTreeSet<String>) -> Result<Vec<u8>> {
    let mut left = MAGIC.to_vec();
    for (kind, section) in wasm::sections(module)? {
        left.push(kind);
        match kind {
            7 => push(&mut left, &exports(section, gone)?),
            _ => push(&mut left, section),
        }
    }
    Ok(left)
}

fn exports(section: &[u8], gone: &BTreeSet<String>) -> Result<Vec<u8>> {
    let mut section = Reader(section);
    let (mut count, mut left) = (0, vec![]);
    for _ in 0..section.number()? {
        let (name, kind, index) = (section.sized()?, section.byte()?, section.number()?);
        if !gone.iter().any(|gone| gone.as_bytes() == name) {
            count += 1;
            push(&mut left, name);
            left.push(kind);
            left.extend(number(index));
        }
    }
    Ok([number(count), left].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = "\
export class Range {
    get length() {
        return wasm.__wbg_get_range_length(this.ptr);
    }
}
if (Symbol.dispose) Range.prototype[Symbol.dispose] = Range.prototype.free;

class Source {
    static __wrap(ptr) {
        return wasm.source_new(ptr);
    }
}
if (Symbol.dispose) Source.prototype[Symbol.dispose] = Source.prototype.free;

export function fetch() {
    wasm.fetch(Source.__wrap(1));
}
const RangeFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {} }
    : new FinalizationRegistry(({ ptr, instance }) => {
    if (instance === id) wasm.__wbg_range_free(ptr, 1);
});
const SourceFinalization = new FinalizationRegistry(ptr => wasm.__wbg_source_free(ptr, 1));
let wasm;
";

    #[test]
    fn a_class_that_nobody_names_is_cut() {
        let (left, gone) = cut(GLUE, "exports.fetch()");
        assert!(
            !left.contains("Range") && left.contains("class Source {"),
            "{left}"
        );
        assert!(left.ends_with("const SourceFinalization = new FinalizationRegistry(ptr => wasm.__wbg_source_free(ptr, 1));\nlet wasm;\n"));
        let expected = ["__wbg_get_range_length", "__wbg_range_free"];
        assert_eq!(Vec::from_iter(&gone), expected);
        assert_eq!(left.len() + cut_away().len(), GLUE.len());
    }

    /// The statements of the one class.
    fn cut_away() -> String {
        let lines = GLUE.split_inclusive('\n').collect::<Vec<_>>();
        [&lines[..6], &lines[17..22]].concat().concat()
    }

    #[test]
    fn one_that_the_entry_derives_from_is_not() {
        let (left, gone) = cut(GLUE, "export class Mine extends exports.Range {}");
        assert_eq!((&*left, gone.len()), (GLUE, 0));
    }

    #[test]
    fn exports_are_taken_out() {
        let mut module = MAGIC.to_vec();
        for (kind, section) in [(7, &b"\x02\x01a\x00\x05\x02bc\x02\x00"[..]), (10, b"\x00")] {
            module.push(kind);
            push(&mut module, section);
        }
        let left = without_exports(&module, &["a".into()].into()).unwrap();
        assert_eq!(
            left,
            [MAGIC, b"\x07\x06\x01\x02bc\x02\x00\x0a\x01\x00"].concat()
        );
        assert_eq!(without_exports(&module, &BTreeSet::new()).unwrap(), module);
    }
}
