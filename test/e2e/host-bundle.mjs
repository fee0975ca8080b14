// Bundles the suite that runs inside the extension host, for the workbench and for desktop VS Code alike.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));

/**
 * Bundles the tests of a folder as CommonJS, one file per test file; mocha and vscode come from outside.
 * @param {'host' | 'host-bare'} [folder] below test/e2e; default `host`
 * @returns {Promise<{ extensionDir: string, suite: string, remove: () => void }>} the empty extension that VS Code wants as the one under
 *   development (the product itself is the installed package), the entry point of the suite, and what removes both; every call makes its own
 */
export async function bundleHostSuite(folder = 'host') {
  const source = path.join(here, folder);
  // Below the root, so that the suite finds mocha.
  const cache = path.resolve(here, '..', '..', '.cache');
  mkdirSync(cache, { recursive: true });
  const extensionDir = mkdtempSync(path.join(cache, `${folder}-suite-`));
  const remove = () => rmSync(extensionDir, { recursive: true, force: true });
  const manifest = {
    name: 'tierwise-e2e',
    publisher: 'tierwise',
    version: '0.0.1',
    engines: { vscode: '^1.101.0' },
    extensionKind: ['workspace'],
  };
  writeFileSync(path.join(extensionDir, 'package.json'), JSON.stringify(manifest));
  const tests = readdirSync(source).filter((name) => name.endsWith('.test.ts'));
  await build({
    entryPoints: [path.join(here, 'host', 'index.ts'), ...tests.map((name) => path.join(source, name))],
    entryNames: '[name]',
    outdir: path.join(extensionDir, 'out'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  return { extensionDir, suite: path.join(extensionDir, 'out', 'index.js'), remove };
}
