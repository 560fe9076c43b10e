// Rust's tasks are woken by this, several times a request. workerd's own `queueMicrotask` makes a function
// for each call and enters native code; a settled promise does the same without either.
const settled = Promise.resolve();
let waiting = 0;

export const queueMicrotask = (task) => {
  waiting += 1;
  settled.then(() => {
    waiting -= 1;
    task();
  });
};

/** Does `work` in this turn, after all of Rust's microtasks. */
export const last = (work) => settled.then(() => (waiting ? last(work) : work()));
