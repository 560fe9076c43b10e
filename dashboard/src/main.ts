import { mount } from 'svelte';
import App from './App.svelte';

const target = document.getElementById('app');
if (target) {
  // What index.html shows until now.
  target.replaceChildren();
  mount(App, { target });
}
