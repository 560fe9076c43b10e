// Before the first paint, so that nobody who chose a theme sees the other one for a moment, and who is signed in sees
// the frame at once.
try {
  var theme = localStorage.getItem('openclaw.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  if (sessionStorage.getItem('openclaw.token')) document.documentElement.dataset.session = '';
} catch {
  // Storage is forbidden here: the system's theme it is.
}
