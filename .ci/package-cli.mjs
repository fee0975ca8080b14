// Makes tierwise-<version>.tgz: the `tierwise` command as an npm package, for continuous integration and machines without an editor.
// The bundles and data are inside; the three packages with compiled parts come from the registry when it is installed.
//   node .ci/package-cli.mjs [--no-build]      then: npm install --global --ignore-scripts ./tierwise-0.1.0.tgz
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Below dist/: what the command runs and reads. */
const FILES = ['cli.cjs', 'gram-worker.cjs', 'xrt-worker.cjs', 'engine/engine.wasm', 'engine/manifest.json'];
const OPTIONAL_FILES = ['engine/board.wasm', 'engine/board-manifest.json'];
const FOLDERS = ['targets', 'schemas'];
/** Packages that the bundles leave outside. */
const OUTSIDE = ['koffi', 'onnxruntime-node', 'serialport'];

/** Largest package in bytes: what it was when this was written, and a quarter more. */
const MAX_SIZE_BYTES = 3 * 2 ** 20;

/**
 * Builds and packs the command.
 * @param {{ build?: boolean, outFolder?: string }} [options] build: false packs dist/ as it is; outFolder: default the root
 * @returns {Promise<string>} absolute path of the .tgz
 * @throws {Error} when npm fails or the package is too large
 */
export async function packageCli({ build = true, outFolder = root } = {}) {
  if (build) await (await import('./build.mjs')).buildAll();
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const stage = path.join(root, '.cache', 'cli');
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(path.join(stage, 'dist', 'engine'), { recursive: true });
  for (const file of FILES) copyFileSync(path.join(root, 'dist', file), path.join(stage, 'dist', file));
  for (const file of OPTIONAL_FILES) {
    const from = path.join(root, 'dist', file);
    if (statSync(from, { throwIfNoEntry: false }) !== undefined) copyFileSync(from, path.join(stage, 'dist', file));
  }
  for (const folder of FOLDERS) cpSync(path.join(root, 'dist', folder), path.join(stage, 'dist', folder), { recursive: true });
  for (const file of ['LICENSE', 'THIRD-PARTY-NOTICES.md']) copyFileSync(path.join(root, file), path.join(stage, file));
  copyFileSync(path.join(root, 'docs', 'ci.md'), path.join(stage, 'README.md'));
  const { name, version, description, license, engines, bin, dependencies } = manifest;
  const own = {
    ...{ name, version, description, license, bin, engines: { node: engines.node }, files: ['dist', 'THIRD-PARTY-NOTICES.md'] },
    dependencies: Object.fromEntries(OUTSIDE.map((each) => [each, dependencies[each]])),
  };
  writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(own, null, 2)}\n`);
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', outFolder];
  // npm of Windows is a script of the shell; every word is ours.
  const result = spawnSync('npm', words, { cwd: stage, encoding: 'utf8', shell: process.platform === 'win32' });
  if (result.status !== 0) throw new Error(`npm pack failed (exit ${result.status}):\n${result.stderr ?? ''}`);
  const file = path.join(outFolder, `${name}-${version}.tgz`);
  const { size } = statSync(file);
  if (size > MAX_SIZE_BYTES) throw new Error(`${path.basename(file)} has ${size} bytes, more than ${MAX_SIZE_BYTES}.`);
  return file;
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const file = await packageCli({ build: !process.argv.includes('--no-build') });
  process.stdout.write(`${file}\nInstall it with: npm install --global --ignore-scripts ./${path.basename(file)}\n`);
}
