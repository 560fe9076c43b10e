//! What a page shows: its instructions, and those of the forms that it draws.

use super::{
    font::Font,
    layout::{Layout, Matrix},
};
use crate::{ExtractError, Limits, output::Output};
use lopdf::{
    Dictionary, Document, Error, Object, ObjectId, Stream,
    content::{Content, Operation},
};
use std::{collections::HashMap, ptr, rc::Rc, slice::from_ref};

/// Forms that draw forms.
const MAX_DEPTH: usize = 12;
/// States that are saved at once.
const MAX_SAVED: usize = 256;
/// What drawing a form or a page is counted as beside its instructions, in bytes.
const FORM: usize = 256;
/// Instructions of pages, and maps of fonts, that are read in all, in parts of a file's measure: pages may share
/// them, so that a small file has as many as it likes.
const PAGES: usize = 16;
/// Instructions of forms that are read in all, each time that they are drawn, in parts of a file's
/// measure: see [`Limits::inflated`].
const FORMS: usize = 4;

/// Bits of an annotation's flags: hidden, not to be viewed.
const HIDDEN: i64 = 2 | 32;

const ENDLESS: ExtractError = ExtractError::TooMuch("a page of it inflates without end");
const TOO_MUCH: ExtractError = ExtractError::TooMuch("its pages draw too much");

/// Reads pages of one document.
pub(super) struct Reader<'a> {
    document: &'a Document,
    inflated: usize,
    /// By their place in memory: a font that several pages share is read once.
    fonts: HashMap<usize, Rc<Font<'a>>>,
    /// Bytes of forms that may still be drawn.
    forms: usize,
    /// Bytes of pages' instructions, and of fonts' maps, that may still be read.
    pages: usize,
}

/// What `q` saves.
#[derive(Clone)]
struct State<'a> {
    /// From here to the page.
    page: Matrix,
    font: Option<Rc<Font<'a>>>,
    size: f32,
    char_spacing: f32,
    word_spacing: f32,
    stretch: f32,
    leading: f32,
    rise: f32,
}

/// Instructions on their way to the page.
struct Run<'a, 'l, 'o> {
    /// Where names are looked up, the nearest first.
    resources: &'l [&'a Dictionary],
    state: State<'a>,
    saved: Vec<State<'a>>,
    /// Of the text that is shown, and of its line.
    text: Matrix,
    line: Matrix,
    layout: &'l mut Layout<'o>,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(document: &'a Document, limits: Limits) -> Self {
        Self {
            document,
            inflated: limits.inflated,
            fonts: HashMap::new(),
            forms: limits.inflated.saturating_mul(FORMS),
            pages: limits.inflated.saturating_mul(PAGES),
        }
    }

    /// Writes the text of a page. One whose instructions are broken has none.
    pub(super) fn page(&mut self, id: ObjectId, output: &mut Output) -> Result<(), ExtractError> {
        let content = self.document.get_page_content_with_limit(id, self.inflated);
        let content = match content {
            Ok(content) => content,
            Err(Error::Decompress(_)) => return Err(ENDLESS),
            Err(_) => return Ok(()),
        };
        spend(&mut self.pages, content.len() + FORM)?;
        let Ok((own, named)) = self.document.get_page_resources(id) else {
            return Ok(());
        };
        let named = named
            .into_iter()
            .filter_map(|id| self.document.get_dictionary(id).ok());
        let resources: Vec<_> = own.into_iter().chain(named).collect();
        let state = State {
            page: Matrix::IDENTITY,
            font: None,
            size: 1.0,
            char_spacing: 0.0,
            word_spacing: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        let mut layout = Layout::new(output);
        self.run(&content, &resources, state.clone(), &mut layout, 0)?;
        for annotation in self.document.get_page_annotations(id).unwrap_or_default() {
            spend(&mut self.pages, FORM)?;
            self.annotation(annotation, state.clone(), &mut layout)?;
        }
        Ok(())
    }

    /// What an annotation looks like: the values of a form's fields, notes on the page.
    fn annotation(
        &mut self,
        annotation: &'a Dictionary,
        mut state: State<'a>,
        layout: &mut Layout<'_>,
    ) -> Result<(), ExtractError> {
        let flags = annotation
            .get_deref(b"F", self.document)
            .and_then(Object::as_i64);
        if flags.unwrap_or_default() & HIDDEN != 0 {
            return Ok(());
        }
        let Some(form) = self.appearance(annotation) else {
            return Ok(());
        };
        let corner = annotation
            .get_deref(b"Rect", self.document)
            .and_then(Object::as_array);
        if let Ok([left, bottom, ..]) = corner.map(Vec::as_slice)
            && let (Ok(left), Ok(bottom)) = (left.as_float(), bottom.as_float())
        {
            state.page = Matrix::moved(left, bottom);
        }
        self.draw(form, &[], state, layout, 0)
    }

    /// The form that is drawn for an annotation in its state.
    fn appearance(&self, annotation: &'a Dictionary) -> Option<&'a Stream> {
        let document = self.document;
        let all = annotation.get_deref(b"AP", document).ok()?.as_dict().ok()?;
        let normal = all.get_deref(b"N", document).ok()?;
        if let Ok(form) = normal.as_stream() {
            return Some(form);
        }
        let state = annotation.get_deref(b"AS", document).ok()?.as_name().ok()?;
        normal
            .as_dict()
            .ok()?
            .get_deref(state, document)
            .ok()?
            .as_stream()
            .ok()
    }

    fn run(
        &mut self,
        content: &[u8],
        resources: &[&'a Dictionary],
        state: State<'a>,
        layout: &mut Layout<'_>,
        depth: usize,
    ) -> Result<(), ExtractError> {
        let Ok(content) = Content::decode(content) else {
            return Ok(());
        };
        let mut run = Run {
            resources,
            state,
            saved: vec![],
            text: Matrix::IDENTITY,
            line: Matrix::IDENTITY,
            layout,
            depth,
        };
        for operation in &content.operations {
            run.operation(self, operation)?;
        }
        Ok(())
    }

    /// Draws a form, to which the resources of whoever draws it are known, too: old ones have none.
    fn draw(
        &mut self,
        form: &'a Stream,
        around: &[&'a Dictionary],
        mut state: State<'a>,
        layout: &mut Layout<'_>,
        depth: usize,
    ) -> Result<(), ExtractError> {
        if depth > MAX_DEPTH {
            return Ok(());
        }
        let Some(content) = self.form(form)? else {
            return Ok(());
        };
        let moved = form.dict.get_deref(b"Matrix", self.document);
        if let Some(moved) = moved
            .and_then(Object::as_array)
            .ok()
            .and_then(|list| matrix(list))
        {
            state.page = moved.then(state.page);
        }
        let own = form.dict.get_deref(b"Resources", self.document);
        let own = own.and_then(Object::as_dict).ok();
        let resources: Vec<_> = own.into_iter().chain(around.iter().copied()).collect();
        self.run(&content, &resources, state, layout, depth)
    }

    /// What a name means to the instructions that use it.
    fn find(&self, resources: &[&'a Dictionary], kind: &[u8], name: &[u8]) -> Option<&'a Object> {
        resources.iter().find_map(|resources| {
            let all = resources.get_deref(kind, self.document).ok()?;
            all.as_dict().ok()?.get_deref(name, self.document).ok()
        })
    }

    fn font(
        &mut self,
        resources: &[&'a Dictionary],
        name: &[u8],
    ) -> Result<Option<Rc<Font<'a>>>, ExtractError> {
        let found = self.find(resources, b"Font", name);
        let Some(found) = found.and_then(|font| font.as_dict().ok()) else {
            return Ok(None);
        };
        let place = ptr::from_ref(found).addr();
        if let Some(known) = self.fonts.get(&place) {
            return Ok(Some(known.clone()));
        }
        let read = Font::read(found, self.document, self.inflated).map_err(|_| ENDLESS)?;
        let maps = Font::inflated(found, self.document, self.inflated);
        spend(&mut self.pages, maps + FORM)?;
        let font = Rc::new(read);
        self.fonts.insert(place, font.clone());
        Ok(Some(font))
    }

    /// The instructions of a form; `None` where it is none, or a picture.
    fn form(&mut self, form: &Stream) -> Result<Option<Vec<u8>>, ExtractError> {
        if !form
            .dict
            .get(b"Subtype")
            .and_then(Object::as_name)
            .is_ok_and(|kind| kind == b"Form")
        {
            return Ok(None);
        }
        let content = match form.get_plain_content_with_limit(self.inflated) {
            Ok(content) => content,
            Err(Error::Decompress(_)) => return Err(ENDLESS),
            Err(_) => return Ok(None),
        };
        spend(&mut self.forms, content.len() + FORM)?;
        Ok(Some(content))
    }
}

impl<'a> Run<'a, '_, '_> {
    fn operation(
        &mut self,
        reader: &mut Reader<'a>,
        operation: &Operation,
    ) -> Result<(), ExtractError> {
        let operands = &*operation.operands;
        match &*operation.operator {
            "q" if self.saved.len() < MAX_SAVED => self.saved.push(self.state.clone()),
            "Q" => {
                if let Some(saved) = self.saved.pop() {
                    self.state = saved;
                }
            }
            "cm" => {
                if let Some(matrix) = matrix(operands) {
                    self.state.page = matrix.then(self.state.page);
                }
            }
            "Do" => return self.draw(reader, operands),
            "Tf" => {
                if let [Object::Name(name), size] = operands {
                    self.state.font = reader.font(self.resources, name)?;
                    self.state.size = size.as_float().unwrap_or(1.0);
                }
            }
            "Tc" => set(&mut self.state.char_spacing, operands, 1.0),
            "Tw" => set(&mut self.state.word_spacing, operands, 1.0),
            "Tz" => set(&mut self.state.stretch, operands, 0.01),
            "TL" => set(&mut self.state.leading, operands, 1.0),
            "Ts" => set(&mut self.state.rise, operands, 1.0),
            operator => return self.text(operator, operands),
        }
        Ok(())
    }

    /// Instructions about texts (9.4).
    fn text(&mut self, operator: &str, operands: &[Object]) -> Result<(), ExtractError> {
        match (operator, operands) {
            ("BT", _) => self.at(Matrix::IDENTITY),
            ("Tm", _) => {
                if let Some(matrix) = matrix(operands) {
                    self.at(matrix);
                }
            }
            ("Td" | "TD", [x, y]) => {
                if let (Ok(x), Ok(y)) = (x.as_float(), y.as_float()) {
                    if operator == "TD" {
                        self.state.leading = -y;
                    }
                    self.at(Matrix::moved(x, y).then(self.line));
                }
            }
            ("T*", _) => self.next_line(),
            ("Tj", [text]) => return self.show(text),
            ("'", [text]) => {
                self.next_line();
                return self.show(text);
            }
            ("\"", [word_spacing, char_spacing, text]) => {
                set(&mut self.state.word_spacing, from_ref(word_spacing), 1.0);
                set(&mut self.state.char_spacing, from_ref(char_spacing), 1.0);
                self.next_line();
                return self.show(text);
            }
            ("TJ", [Object::Array(pieces)]) => {
                for piece in pieces {
                    match piece.as_float() {
                        Ok(back) => {
                            let by = -back / 1000.0 * self.state.size * self.state.stretch;
                            self.text = Matrix::moved(by, 0.0).then(self.text);
                        }
                        Err(_) => self.show(piece)?,
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    const fn at(&mut self, matrix: Matrix) {
        (self.text, self.line) = (matrix, matrix);
    }

    fn next_line(&mut self) {
        self.at(Matrix::moved(0.0, -self.state.leading).then(self.line));
    }

    fn show(&mut self, text: &Object) -> Result<(), ExtractError> {
        let (Object::String(bytes, _), Some(font)) = (text, self.state.font.clone()) else {
            return Ok(());
        };
        let state = &self.state;
        for glyph in font.glyphs(bytes) {
            let width = glyph.width * state.size * state.stretch;
            let place = Matrix::moved(0.0, state.rise)
                .then(self.text)
                .then(state.page);
            self.layout.glyph(&glyph.text, width, state.size, place)?;
            let between = if glyph.is_space {
                state.word_spacing
            } else {
                0.0
            };
            let by = width + (state.char_spacing + between) * state.stretch;
            self.text = Matrix::moved(by, 0.0).then(self.text);
        }
        Ok(())
    }

    fn draw(&mut self, reader: &mut Reader<'a>, operands: &[Object]) -> Result<(), ExtractError> {
        let [Object::Name(name)] = operands else {
            return Ok(());
        };
        let found = reader.find(self.resources, b"XObject", name);
        let Some(form) = found.and_then(|object| object.as_stream().ok()) else {
            return Ok(());
        };
        let state = self.state.clone();
        reader.draw(form, self.resources, state, self.layout, self.depth + 1)
    }
}

fn spend(left: &mut usize, bytes: usize) -> Result<(), ExtractError> {
    *left = left.checked_sub(bytes).ok_or(TOO_MUCH)?;
    Ok(())
}

fn set(to: &mut f32, operands: &[Object], scale: f32) {
    if let [number] = operands
        && let Ok(number) = number.as_float()
    {
        *to = number * scale;
    }
}

fn matrix(operands: &[Object]) -> Option<Matrix> {
    let numbers: Option<Vec<_>> = operands
        .iter()
        .map(|number| number.as_float().ok())
        .collect();
    Some(Matrix(numbers?.try_into().ok()?))
}
