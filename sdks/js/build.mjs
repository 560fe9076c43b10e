// Compiles src/ twice: for `import` into dist/esm, for `require` into dist/cjs, each with its types.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('.', import.meta.url)));
const compile = (...options) => execFileSync('node_modules/.bin/tsc', options, { stdio: 'inherit' });

rmSync('dist', { recursive: true, force: true });
compile('-p', 'tsconfig.json');
writeFileSync('dist/esm/package.json', '{ "type": "module" }\n');

// The compiler reads the kind of a module from the package.json next to it.
mkdirSync('dist/source', { recursive: true });
cpSync('src', 'dist/source', { recursive: true });
writeFileSync('dist/source/package.json', '{ "type": "commonjs" }\n');
writeFileSync(
  'dist/source/tsconfig.json',
  JSON.stringify({
    extends: '../../tsconfig.json',
    compilerOptions: { rootDir: '.', outDir: '../cjs' },
    include: ['.'],
  }),
);
compile('-p', 'dist/source/tsconfig.json');
rmSync('dist/source', { recursive: true });
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');
