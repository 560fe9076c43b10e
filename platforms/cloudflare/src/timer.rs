//! Timers, of which a request asks the platform for few: one that is due behind another that is set
//! waits for that one and looks what time it is. Nearly all are limits, dropped long before they are
//! due.

use crate::{WorkerClock, glue, scope::Scope};
use js_sys::Function;
use openclaw_core::{Clock, Timestamp};
use std::{
    cell::{Cell, OnceCell, RefCell},
    mem,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll, Waker},
    time::Duration,
};
use wasm_bindgen::{JsCast, closure::Closure};

/// Passes after a time; set with the first poll.
pub(crate) struct Timer {
    number: u32,
    due: Timestamp,
    is_set: bool,
    timers: Rc<Timers>,
}

/// The timers of one request; one by itself in an object, and in what goes on behind a request.
#[derive(Default)]
pub(crate) struct Timers {
    last: Cell<u32>,
    waiting: RefCell<Vec<Waiting>>,
    /// When the platform comes next.
    set: Cell<Option<Timestamp>>,
    handle: Cell<Option<f64>>,
    /// A request takes its timers with it, an object stays awake for one.
    keeps_awake: bool,
    /// What it calls then, which may be when all here is gone: it is JavaScript's to keep.
    fires: OnceCell<Function>,
}

/// It is dropped while nothing is borrowed: the waker may be the last that holds a task, with timers.
struct Waiting {
    number: u32,
    due: Timestamp,
    waker: Waker,
}

impl Timer {
    pub(crate) fn new(duration: Duration) -> Self {
        let timers = match Scope::current() {
            Some(scope) => scope.timers().clone(),
            None => Rc::new(Timers::of_object()),
        };
        let number = timers.last.get().wrapping_add(1);
        timers.last.set(number);
        Self {
            number,
            due: WorkerClock.now() + duration,
            is_set: false,
            timers,
        }
    }
}

impl Timers {
    /// Those that would keep an object awake: none stays set that nobody waits for.
    pub(crate) fn of_object() -> Self {
        Self {
            keeps_awake: true,
            ..Self::default()
        }
    }

    fn clear(&self) {
        self.set.set(None);
        if let Some(handle) = self.handle.take() {
            glue::clear_timeout(handle);
        }
    }

    /// Has the platform come at `due`, unless it comes before.
    fn set(self: &Rc<Self>, due: Timestamp) {
        if self.set.get().is_some_and(|set| set <= due) {
            return;
        }
        if self.keeps_awake {
            self.clear();
        }
        self.set.set(Some(due));
        let left = due.duration_since(WorkerClock.now());
        let millis = left.as_micros().div_ceil(1000);
        // The most that it takes (HTML, 8.7, "Timers"): 24 days.
        let millis = i32::try_from(millis).unwrap_or(i32::MAX);
        let fires = self.fires.get_or_init(|| {
            let timers = Rc::downgrade(self);
            let fire: Box<dyn Fn()> = Box::new(move || Self::fire(&timers));
            let fire = Closure::wrap_assert_unwind_safe(fire);
            fire.into_js_value().unchecked_into()
        });
        self.handle.set(Some(glue::set_timeout(fires, millis)));
    }

    fn fire(timers: &Weak<Self>) {
        let Some(timers) = timers.upgrade() else {
            return;
        };
        timers.set.set(None);
        timers.handle.set(None);
        let now = WorkerClock.now();
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
        // Who waited and does not any more was woken.
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
