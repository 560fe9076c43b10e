//! An object's one alarm.

use crate::glue;
use js_sys::{Date, Object};
use openclaw_core::Timestamp;
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::{JsValue, closure::Closure};
use worker_sys::{DurableObjectState, DurableObjectStorage};

/// The alarm as its object knows it.
pub(crate) struct Alarm {
    storage: DurableObjectStorage,
    at: Rc<Cell<Option<Timestamp>>>,
}

impl Alarm {
    /// As the object finds it when it starts: no call comes in before that is known.
    pub(crate) fn new(state: &DurableObjectState) -> Result<Self, JsValue> {
        let at = Rc::new(Cell::new(None));
        let alarm = at.clone();
        let known: Box<dyn FnMut(Option<f64>)> = Box::new(move |millis| {
            alarm.set(millis.and_then(|millis| Timestamp::from_millisecond(millis as i64)));
        });
        let known = Closure::wrap_assert_unwind_safe(known).into_js_value();
        glue::know_alarm(state, &known)?;
        let storage = state.storage()?;
        Ok(Self { storage, at })
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
        let _promise = self.storage.set_alarm(date, Object::new())?;
        self.at.set(Timestamp::from_millisecond(millis));
        Ok(())
    }
}
