//! What an object saves, in pieces: the platform takes 2 MB at once, and is charged by the piece.

use js_sys::{Promise, Reflect, Uint8Array};
use std::{
    cell::RefCell,
    hash::{DefaultHasher, Hash, Hasher},
};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use worker_sys::DurableObjectStorage;

/// Bytes of a piece.
const PIECE: usize = 1 << 20;

#[wasm_bindgen]
extern "C" {
    /// The storage of an object in SQLite, as keys and values.
    type Pairs;

    #[wasm_bindgen(method, catch)]
    fn get(this: &Pairs, key: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn put(this: &Pairs, key: &str, value: Uint8Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn delete(this: &Pairs, key: &str) -> Result<bool, JsValue>;
}

/// The pieces.
pub(super) struct Saved {
    storage: DurableObjectStorage,
    pairs: Pairs,
    /// Those that are stored, by what stands for what is in them.
    known: RefCell<Vec<u64>>,
}

impl Saved {
    /// Those of an object, and what is in them.
    pub(super) fn open(storage: DurableObjectStorage) -> Result<(Self, Vec<u8>), JsValue> {
        let pairs: Pairs = Reflect::get(storage.as_ref(), &"kv".into())?.unchecked_into();
        let (mut bytes, mut known) = (vec![], vec![]);
        while let Some(piece) = piece(&pairs, known.len())? {
            known.push(hash(&piece));
            bytes.extend(piece);
        }
        let known = RefCell::new(known);
        let saved = Self {
            storage,
            pairs,
            known,
        };
        Ok((saved, bytes))
    }

    pub(super) fn save(&self, bytes: &[u8]) -> Result<(), JsValue> {
        let mut known = self.known.borrow_mut();
        let before = std::mem::take(&mut *known);
        for (at, piece) in bytes.chunks(PIECE).enumerate() {
            let now = hash(piece);
            if before.get(at) != Some(&now) {
                self.pairs.put(&at.to_string(), piece.into())?;
            }
            known.push(now);
        }
        for at in known.len()..before.len() {
            self.pairs.delete(&at.to_string())?;
        }
        Ok(())
    }

    /// An object without anything costs nothing. The promise is not waited for: the write is a
    /// part of the turn.
    pub(super) fn forget(&self) -> Result<(), JsValue> {
        self.known.borrow_mut().clear();
        let _promise: Promise = self.storage.delete_all()?;
        Ok(())
    }
}

fn piece(pairs: &Pairs, at: usize) -> Result<Option<Vec<u8>>, JsValue> {
    let value = pairs.get(&at.to_string())?;
    let bytes = value.is_object().then(|| Uint8Array::new(&value).to_vec());
    Ok(bytes)
}

fn hash(piece: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    piece.hash(&mut hasher);
    hasher.finish()
}
