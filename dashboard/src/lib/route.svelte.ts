/** The address: `#/logs/req_1?model=x`. Everything that a page shows is in it, so a link shows the same. */

export interface Route {
  /** `/logs/req_1` → `['logs', 'req_1']` */
  path: string[];
  query: URLSearchParams;
}

export function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const decode = (part: string) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  };
  return { path: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

type Params = Record<string, string | number | undefined | null>;

/** The link to a page. Parts of the path are encoded; empty parameters are left out. */
export function href(path: string[], params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

class Router {
  current = $state.raw<Route>(parse(location.hash));

  constructor() {
    addEventListener('hashchange', () => (this.current = parse(location.hash)));
  }

  get page(): string {
    return this.current.path[0] ?? '';
  }

  param(name: string): string {
    return this.current.query.get(name) ?? '';
  }

  go(path: string[], params: Params = {}): void {
    location.hash = href(path, params);
  }

  /** Changes parameters of the address and keeps the others; the page before stays reachable by Back only where `push`. */
  set(changes: Params, push = false): void {
    const query = Object.fromEntries(this.current.query) as Params;
    const hash = href(this.current.path, { ...query, ...changes });
    if (push) location.hash = hash;
    else {
      history.replaceState(null, '', hash);
      this.current = parse(hash);
    }
  }

  /** Replaces the address, so that Back skips what it was. */
  replace(path: string[], params: Params = {}): void {
    const hash = href(path, params);
    history.replaceState(null, '', hash);
    this.current = parse(hash);
  }
}

export const router = new Router();

/** What follows from one page to the next: the time range and the filters. */
const CARRIED = ['period', 'start', 'end', 'model', 'key', 'provider'];

/** A link that takes the time range and filters along. */
export function carried(path: string[], params: Params = {}): string {
  const kept: Params = {};
  for (const name of CARRIED) kept[name] = router.param(name);
  return href(path, { ...kept, ...params });
}
