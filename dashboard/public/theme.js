// Before the first paint, so that nobody who chose a theme sees the other one for a moment.
try {
  var theme = localStorage.getItem('openclaw.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is forbidden here: the system's theme it is.
}
