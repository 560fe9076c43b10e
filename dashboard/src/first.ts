/** What index.html starts: the styles, and after the first paint everything else, which is fetched meanwhile. */

import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/shell.css';

const painted = new Promise<void>((done) => {
  requestAnimationFrame(() => setTimeout(done));
  // A page that nobody looks at is not painted.
  setTimeout(done, 200);
});
void painted.then(() => import('./main.ts'));
