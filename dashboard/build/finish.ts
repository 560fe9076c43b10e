/** What the built folder gets beside Vite's files: each one compressed, and what Workers' assets are told. */

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const root = new URL('..', import.meta.url).pathname;
const dist = join(root, 'dist');

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Cloudflare's `_headers`; names that change with the content may be kept for ever. */
function workersHeaders(): string {
  const headers = JSON.parse(readFileSync(join(root, 'headers.json'), 'utf8')) as Record<string, string>;
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}\n`);
  return `/dashboard/*\n${lines.join('')}/dashboard/assets/*\n  cache-control: public, max-age=31536000, immutable\n`;
}

export function finish(): Plugin {
  return {
    name: 'finish',
    apply: 'build',
    // What the first script imports after the paint is fetched before it.
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((part) => part.type === 'chunk');
        const main = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith('/src/main.ts'));
        const isEntry = (file: string) => chunks.some(({ fileName, isEntry }) => isEntry && fileName === file);
        const link = (rel: string) => (file: string) => ({ tag: 'link', attrs: { rel, crossorigin: true, href: `./${file}` }, injectTo: 'head' as const });
        if (!main) throw new Error('src/main.ts is no chunk of its own');
        const styles = [...(main.viteMetadata?.importedCss ?? [])].map(link('stylesheet'));
        return [...styles, ...[main.fileName, ...main.imports].filter((file) => !isEntry(file)).map(link('modulepreload'))];
      },
    },
    closeBundle() {
      for (const file of files(join(dist, 'dashboard')).filter((name) => !/\.(br|gz)$/.test(name))) {
        const content = readFileSync(file);
        const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        writeFileSync(`${file}.br`, brotliCompressSync(content, { params: quality }));
        writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
      }
      writeFileSync(join(dist, '_headers'), workersHeaders());
      // The platform compresses by itself.
      writeFileSync(join(dist, '.assetsignore'), '*.br\n*.gz\n.assetsignore\n');
    },
  };
}
