//! An object's one alarm.

use openclaw_core::Timestamp;
use std::{cell::Cell, rc::Rc};
use worker::{
    State, Storage,
    js_sys::{Date, Object},
    wasm_bindgen::JsValue,
};

/// The alarm as its object knows it.
pub(crate) struct Alarm {
    storage: Storage,
    at: Rc<Cell<Option<Timestamp>>>,
}

impl Alarm {
    /// As the object finds it when it starts: no call comes in before that is known.
    pub(crate) fn new(state: &State) -> Self {
        let at = Rc::new(Cell::new(None));
        let (known, asked) = (at.clone(), state.storage());
        let _gate = state.block_concurrency_while(async move {
            let found = asked.get_alarm().await?;
            known.set(found.and_then(Timestamp::from_millisecond));
            Ok(())
        });
        Self {
            storage: state.storage(),
            at,
        }
    }

    /// Whether there will be one.
    pub(crate) fn is_set(&self) -> bool {
        self.at.get().is_some()
    }

    /// It has come: there is none until the next is set.
    pub(crate) fn came(&self) {
        self.at.set(None);
    }

    /// Wants one at `at`, unless there is an earlier one.
    ///
    /// The promise is not waited for: like every write it is a part of the turn, and should it
    /// fail, the platform resets the object instead of letting the answer out.
    pub(crate) fn by(&self, at: Timestamp) -> Result<(), JsValue> {
        if self.at.get().is_some_and(|set| set <= at) {
            return Ok(());
        }
        // Rounded up: an alarm that comes early finds nothing to do.
        let millis = at.as_millisecond().saturating_add(1);
        let date = Date::new(&(millis as f64).into());
        let _promise = self.storage.as_raw().set_alarm(date, Object::new())?;
        self.at.set(Timestamp::from_millisecond(millis));
        Ok(())
    }
}
