/** Parts of the frame that the first paint does not need. Each is fetched when it is wanted, or once nothing else is to do. */

export const later = {
  menu: () => import('../frame/OpenAccountMenu.svelte'),
  palette: () => import('../frame/Palette.svelte'),
  sheet: () => import('../frame/Shortcuts.svelte'),
  signIn: () => import('../frame/SignInDialog.svelte'),
};

/** Fetches them while the browser is idle, so that nobody waits for them. */
export function fetchLater(): void {
  const load = () => {
    // What does not come now is asked for again when it is wanted.
    for (const part of Object.values(later)) part().catch(() => {});
  };
  if ('requestIdleCallback' in window) requestIdleCallback(load, { timeout: 5000 });
  else setTimeout(load, 2000);
}
