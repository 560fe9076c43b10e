/** The keyboard's ways. Off while somebody types; single keys can be switched off (WCAG 2.1.4). */

import type { PageInfo } from './pages.ts';
import { carried } from './route.svelte.ts';

const STORED = 'openclaw.single-keys';

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element?.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true]');
}

class ShortcutState {
  palette = $state(false);
  sheet = $state(false);
  single = $state(localStorage.getItem(STORED) !== 'off');

  setSingle(on: boolean): void {
    this.single = on;
    localStorage.setItem(STORED, on ? 'on' : 'off');
  }

  /** Listens while the component that calls it is there. */
  listen(pages: () => PageInfo[]): void {
    let after = 0;
    $effect(() => {
      const pressed = (event: KeyboardEvent) => {
        if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
          event.preventDefault();
          this.palette = !this.palette;
          return;
        }
        if (!this.single || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
        if (document.querySelector('[role="dialog"]')) return;
        const now = Date.now();
        if (now - after < 1200) {
          after = 0;
          const page = pages().find(({ letter }) => letter === event.key);
          if (page) location.hash = carried([page.id]);
        } else if (event.key === 'g') after = now;
        else if (event.key === '?') this.sheet = true;
        else if (event.key === '/') {
          const filter = document.querySelector<HTMLElement>('[data-filter]');
          if (filter) {
            event.preventDefault();
            filter.focus();
          }
        }
      };
      addEventListener('keydown', pressed);
      return () => removeEventListener('keydown', pressed);
    });
  }
}

export const shortcuts = new ShortcutState();

/** Calls `act` for single keys of one page, such as J and K, also while its drawer is open. */
export function onKeys(keys: Record<string, (event: KeyboardEvent) => void>): void {
  $effect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (!shortcuts.single || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      const act = keys[event.key];
      if (!act || shortcuts.palette || shortcuts.sheet) return;
      event.preventDefault();
      act(event);
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  });
}
