//! The bytes that an object saves, in pieces: the platform takes 2 MB at once and charges by the piece.

use futures_util::FutureExt;
use js_sys::{Reflect, Uint8Array};
use std::{
    cell::RefCell,
    hash::{DefaultHasher, Hash, Hasher},
};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use worker::Storage;

/// Bytes of a piece.
const PIECE: usize = 1 << 20;

#[wasm_bindgen]
extern "C" {
    /// An object's storage as keys and values, read and written at once. The SDK has its older twin
    /// only, which makes a promise of each value: a constructor cannot wait for one.
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
    storage: Storage,
    pairs: Pairs,
    /// A hash of each piece that is stored.
    known: RefCell<Vec<u64>>,
}

impl Saved {
    /// The pieces of an object, and the bytes in them.
    pub(super) fn open(storage: Storage) -> worker::Result<(Self, Vec<u8>)> {
        let pairs: Pairs = Reflect::get(storage.as_raw(), &"kv".into())?.unchecked_into();
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

    pub(super) fn save(&self, bytes: &[u8]) -> worker::Result<()> {
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

    /// Deletes everything: an object that stores nothing costs nothing. The promise is not waited for:
    /// the write is a part of the turn.
    pub(super) fn forget(&self) -> worker::Result<()> {
        self.known.borrow_mut().clear();
        self.storage.delete_all().now_or_never().unwrap_or(Ok(()))
    }
}

fn piece(pairs: &Pairs, at: usize) -> worker::Result<Option<Vec<u8>>> {
    let value = pairs.get(&at.to_string())?;
    let bytes = value.is_object().then(|| Uint8Array::new(&value).to_vec());
    Ok(bytes)
}

fn hash(piece: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    piece.hash(&mut hasher);
    hasher.finish()
}
