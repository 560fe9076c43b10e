// What wakes the tasks of Rust, several times a request. workerd's own makes a function for each call and
// goes through native code; a promise that is settled does the same without either.
const settled = Promise.resolve();
let waiting = 0;

export const queueMicrotask = (task) => {
  waiting += 1;
  settled.then(() => {
    waiting -= 1;
    task();
  });
};

/** Does it in this turn, when nothing of Rust waits any more. */
export const last = (work) => settled.then(() => (waiting ? last(work) : work()));
