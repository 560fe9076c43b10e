/** Where this runs: Node, Deno, Bun, Workers, a browser. Nothing here may assume any of them. */

const globals = globalThis as any;

/** A variable of the environment, where there is one. */
export function variable(name: string): string | undefined {
  try {
    return globals.process?.env?.[name] || undefined;
  } catch {
    return undefined; // Deno without the permission.
  }
}

export function isBrowser(): boolean {
  return typeof globals.window === 'object' && typeof globals.document === 'object';
}

/** The name in `User-Agent`, such as `openclaw-js/1.0 (node/22.1; linux)`; a browser sets its own. */
export function userAgent(version: string): string | undefined {
  if (isBrowser()) return undefined;
  const { process, Deno, Bun, navigator } = globals;
  const versions = process?.versions;
  const runtime = Deno
    ? `deno/${Deno.version?.deno}`
    : Bun
      ? `bun/${Bun.version}`
      : navigator?.userAgent === 'Cloudflare-Workers'
        ? 'workerd'
        : versions?.node
          ? `node/${versions.node}`
          : 'unknown';
  return `openclaw-js/${version} (${runtime}; ${process?.platform ?? 'unknown'})`;
}

export function randomHex(bytes: number): string {
  const random = globals.crypto.getRandomValues(new Uint8Array(bytes)) as Uint8Array;
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
