// What wakes a task of Rust, several times a request. workerd's own makes a function for each call and
// goes through native code; a promise that is settled does the same without either.
const settled = Promise.resolve();

export function queueMicrotask(task) {
  settled.then(task);
}
