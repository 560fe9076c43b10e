import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { finish } from './build/finish.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  // Relative URLs: no prefix or proxy can break them.
  base: './',
  cacheDir: path('../target/vite'),
  plugins: [svelte(), finish()],
  resolve: { alias: { '@openclaw/client': path('../sdks/js/src/index.ts') } },
  css: { postcss: {} },
  build: {
    target: ['chrome123', 'firefox121', 'safari17.5'],
    outDir: 'dist/dashboard',
    emptyOutDir: true,
    // A `data:` URL would need a policy that allows it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/v1': process.env.OPENCLAW_URL ?? 'http://127.0.0.1:3000' } },
  test: { include: ['src/**/*.test.ts'] },
});
