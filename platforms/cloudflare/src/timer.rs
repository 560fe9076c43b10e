//! Timers. A request asks the platform for few of them: a timer that is due after one that is set waits
//! for that one and then looks at the time. Nearly all timers are limits, dropped long before they are
//! due.

use js_sys::Function;
use openclaw_core::Timestamp;
use std::{
    cell::{Cell, OnceCell, RefCell},
    mem,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll, Waker},
    time::Duration,
};
use wasm_bindgen::{JsCast, closure::Closure, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(fires: &Function, millis: i32) -> f64;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: f64);
}

/// The platform's time.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millisecond(js_sys::Date::now() as i64).unwrap_or_default()
}

/// Resolves after a time; set with the first poll.
pub(crate) struct Timer {
    number: u32,
    due: Timestamp,
    is_set: bool,
    timers: Rc<Timers>,
}

/// The timers of one request. In an object, and in work that goes on after a request, each timer is
/// alone.
#[derive(Default)]
pub(crate) struct Timers {
    last: Cell<u32>,
    waiting: RefCell<Vec<Waiting>>,
    /// When the platform calls next.
    set: Cell<Option<Timestamp>>,
    handle: Cell<Option<f64>>,
    /// Whether a timer that is set keeps an object awake. A request's timers end with the request.
    keeps_awake: bool,
    /// The function that the platform calls, perhaps after everything here is gone: JavaScript owns it.
    fires: OnceCell<Function>,
}

/// Dropped only while nothing is borrowed: the waker may be the last owner of a task, which has timers.
struct Waiting {
    number: u32,
    due: Timestamp,
    waker: Waker,
}

impl Timer {
    pub(crate) fn new(timers: Rc<Timers>, duration: Duration) -> Self {
        let number = timers.last.get().wrapping_add(1);
        timers.last.set(number);
        Self {
            number,
            due: now() + duration,
            is_set: false,
            timers,
        }
    }
}

impl Timers {
    /// Timers that keep an object awake: none stays set that nobody waits for.
    pub(crate) fn of_object() -> Self {
        Self {
            keeps_awake: true,
            ..Self::default()
        }
    }

    fn clear(&self) {
        self.set.set(None);
        if let Some(handle) = self.handle.take() {
            clear_timeout(handle);
        }
    }

    /// Has the platform call at `due`, unless it calls before.
    fn set(self: &Rc<Self>, due: Timestamp) {
        if self.set.get().is_some_and(|set| set <= due) {
            return;
        }
        if self.keeps_awake {
            self.clear();
        }
        self.set.set(Some(due));
        let left = due.duration_since(now());
        let millis = left.as_micros().div_ceil(1000);
        // The longest time that `setTimeout` takes is 24 days (HTML, 8.7, "Timers").
        let millis = i32::try_from(millis).unwrap_or(i32::MAX);
        let fires = self.fires.get_or_init(|| {
            let timers = Rc::downgrade(self);
            let fire: Box<dyn Fn()> = Box::new(move || Self::fire(&timers));
            let fire = Closure::wrap_assert_unwind_safe(fire);
            fire.into_js_value().unchecked_into()
        });
        self.handle.set(Some(set_timeout(fires, millis)));
    }

    fn fire(timers: &Weak<Self>) {
        let Some(timers) = timers.upgrade() else {
            return;
        };
        timers.set.set(None);
        timers.handle.set(None);
        let now = now();
        let waiting = mem::take(&mut *timers.waiting.borrow_mut());
        for one in waiting {
            if one.due <= now {
                one.waker.wake();
            } else {
                timers.set(one.due);
                timers.waiting.borrow_mut().push(one);
            }
        }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Self { number, due, .. } = *self;
        let mut waiting = self.timers.waiting.borrow_mut();
        if let Some(one) = waiting.iter_mut().find(|one| one.number == number) {
            let before = mem::replace(&mut one.waker, context.waker().clone());
            drop(waiting);
            drop(before);
            return Poll::Pending;
        }
        // It waited before and is not in the list: it was woken.
        if self.is_set {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        waiting.push(Waiting { number, due, waker });
        drop(waiting);
        self.timers.set(due);
        self.is_set = true;
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let mut waiting = self.timers.waiting.borrow_mut();
        let at = waiting.iter().position(|one| one.number == self.number);
        let one = at.map(|at| waiting.swap_remove(at));
        let is_last = waiting.is_empty();
        drop(waiting);
        drop(one);
        if is_last && self.timers.keeps_awake {
            self.timers.clear();
        }
    }
}
