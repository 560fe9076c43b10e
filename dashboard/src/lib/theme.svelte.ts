import { MediaQuery } from 'svelte/reactivity';

export type Theme = 'system' | 'light' | 'dark';
const STORED = 'openclaw.theme';

function read(): Theme {
  const set = document.documentElement.dataset.theme;
  return set === 'light' || set === 'dark' ? set : 'system';
}

class ThemeChoice {
  chosen = $state<Theme>(read());
  #dark = new MediaQuery('(prefers-color-scheme: dark)');

  /** The one that is seen: the system may change it while the page is open. */
  get shown(): 'light' | 'dark' {
    if (this.chosen !== 'system') return this.chosen;
    return this.#dark.current ? 'dark' : 'light';
  }

  choose(theme: Theme): void {
    this.chosen = theme;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      if (theme === 'system') localStorage.removeItem(STORED);
      else localStorage.setItem(STORED, theme);
    } catch {
      // Storage is forbidden here: the choice lasts as long as the page.
    }
  }
}

export const theme = new ThemeChoice();
