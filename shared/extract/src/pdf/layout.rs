//! Words and lines from where glyphs stand.

use crate::{ExtractError, output::Output};
use std::collections::HashSet;

/// A gap that ends a word, in font sizes.
const WORD_GAP: f32 = 0.1;
/// A step back or across that begins another line, in font sizes.
const LINE_STEP: f32 = 0.5;
/// How near the same glyph is shown again, in font sizes, where that is to look bold.
const SAME_PLACE: f32 = 0.1;
/// Glyphs of a page of which the places are remembered.
const MAX_PLACES: usize = 200_000;

/// `[a b c d e f]`, as ISO 32000-1 writes it (8.3.3).
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix(pub(super) [f32; 6]);

impl Matrix {
    pub(super) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    pub(super) const fn moved(x: f32, y: f32) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    /// First this one, then `other`.
    pub(super) fn then(self, other: Self) -> Self {
        let ([a, b, c, d, e, f], [g, h, i, j, k, l]) = (self.0, other.0);
        Self([
            a * g + b * i,
            a * h + b * j,
            c * g + d * i,
            c * h + d * j,
            e * g + f * i + k,
            e * h + f * j + l,
        ])
    }

    fn apply(self, x: f32, y: f32) -> (f32, f32) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + c * y + e, b * x + d * y + f)
    }
}

/// The end of the last glyph on the page, and how text runs there.
#[derive(Clone, Copy)]
struct End {
    at: (f32, f32),
    along: (f32, f32),
}

/// Writes the glyphs of a page.
pub(super) struct Layout<'o> {
    output: &'o mut Output,
    end: Option<End>,
    places: HashSet<(i32, i32, String)>,
}

impl<'o> Layout<'o> {
    pub(super) fn new(output: &'o mut Output) -> Self {
        Self {
            output,
            end: None,
            places: HashSet::new(),
        }
    }

    /// A glyph of `width` in the units of text; `place` takes those to the page, `size` is the font's.
    pub(super) fn glyph(
        &mut self,
        text: &str,
        width: f32,
        size: f32,
        place: Matrix,
    ) -> Result<(), ExtractError> {
        let (start, end) = (place.apply(0.0, 0.0), place.apply(width, 0.0));
        let (right, up) = (place.apply(1.0, 0.0), place.apply(0.0, size));
        let along = unit(start, right);
        let height = distance(start, up);
        if text.trim().is_empty() {
            // The end stays: only a word that follows at once is told apart by this.
            return match text.is_empty() {
                true => Ok(()),
                false => self.output.space(),
            };
        }
        if height > 0.0 && self.is_again(text, start, height * SAME_PLACE) {
            return Ok(());
        }
        if let Some(last) = self.end {
            let (x, y) = (start.0 - last.at.0, start.1 - last.at.1);
            let forward = x * along.0 + y * along.1;
            let across = (x * along.1 - y * along.0).abs();
            let turned = along.0 * last.along.0 + along.1 * last.along.1 < 0.9;
            if turned || across > height * LINE_STEP || forward < -height * LINE_STEP {
                self.output.end_line()?;
            } else if forward > height * WORD_GAP {
                self.output.space()?;
            }
        }
        self.end = Some(End { at: end, along });
        self.output.push(text)
    }

    /// Whether the same glyph was shown at the same place.
    fn is_again(&mut self, text: &str, at: (f32, f32), near: f32) -> bool {
        let cell = |x: f32| (x / near).round() as i32;
        self.places.len() < MAX_PLACES
            && !self
                .places
                .insert((cell(at.0), cell(at.1), text.to_owned()))
    }
}

fn distance(from: (f32, f32), to: (f32, f32)) -> f32 {
    (to.0 - from.0).hypot(to.1 - from.1)
}

fn unit(from: (f32, f32), to: (f32, f32)) -> (f32, f32) {
    let length = distance(from, to);
    match length > 0.0 {
        true => ((to.0 - from.0) / length, (to.1 - from.1) / length),
        false => (1.0, 0.0),
    }
}
