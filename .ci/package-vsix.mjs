// Makes tierwise-<target>.vsix for the platform this runs on: build, vsce with an exact list of files, then a look inside.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { vsixProblems } from './vsix-contents.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * The files of ONNX Runtime that a CPU session needs, by platform. The Windows package also holds DirectML and its shader
 * compiler (40 MB), which are loaded on demand only; there is no binary for darwin-x64 at all.
 */
const RUNTIME_FILES = {
  'linux-x64': ['linux/x64/libonnxruntime.so.1', 'linux/x64/onnxruntime_binding.node'],
  'linux-arm64': ['linux/arm64/libonnxruntime.so.1', 'linux/arm64/onnxruntime_binding.node'],
  'win32-x64': ['win32/x64/onnxruntime.dll', 'win32/x64/onnxruntime_binding.node'],
  'win32-arm64': ['win32/arm64/onnxruntime.dll', 'win32/arm64/onnxruntime_binding.node'],
  'darwin-arm64': ['darwin/arm64/libonnxruntime.1.dylib', 'darwin/arm64/onnxruntime_binding.node'],
  'darwin-x64': [],
};

/** Folders of the serial bindings' binaries, by platform. */
const SERIAL_FOLDERS = { 'darwin-x64': 'darwin-x64+arm64', 'darwin-arm64': 'darwin-x64+arm64' };

/** Binaries of a platform besides those of ONNX Runtime. An optional package of another platform is not installed, so its line matches nothing. */
const otherNatives = (target) => [
  `node_modules/@serialport/bindings-cpp/prebuilds/${SERIAL_FOLDERS[target] ?? target}/*.node`,
  `node_modules/@koromix/koffi-${target}/package.json`,
  `node_modules/@koromix/koffi-${target}/index.js`,
  `node_modules/@koromix/koffi-${target}/${target.replace('-', '_')}/*.node`,
];

/**
 * Builds and packages the extension.
 * @param {{ target?: string, build?: boolean, log?: (line: string) => void }} [options] target: a VS Code platform such as
 *   `linux-x64`, default this one; build: false packages dist/ as it is; log: progress, default stderr
 * @returns {Promise<string>} absolute path of the .vsix
 * @throws {Error} when a step fails or the package holds what it should not
 */
export async function packageVsix(options = {}) {
  const log = options.log ?? ((line) => process.stderr.write(`${line}\n`));
  const target = options.target ?? `${process.platform}-${process.arch}`;
  const runtimeFiles = RUNTIME_FILES[target];
  if (runtimeFiles === undefined) throw new Error(`Unknown target ${target}; known: ${Object.keys(RUNTIME_FILES).join(', ')}.`);
  if (options.build ?? true) await buildProduct(log);

  const cache = path.join(root, '.cache', 'vsix');
  mkdirSync(cache, { recursive: true });
  const ignoreFile = path.join(cache, `vscodeignore-${target}`);
  const runtime = runtimeFiles.map((file) => `node_modules/onnxruntime-node/bin/napi-v6/${file}`);
  const natives = [...runtime, ...otherNatives(target)].map((file) => `!${file}\n`).join('');
  writeFileSync(ignoreFile, `${readFileSync(path.join(root, '.vscodeignore'), 'utf8')}\n${natives}`);

  log(`package: ${target} ...`);
  const vsix = path.join(root, `tierwise-${target}.vsix`);
  const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  const args = [
    'package',
    '--target',
    target,
    '--ignoreFile',
    ignoreFile,
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '-o',
    vsix,
  ];
  const result = spawnSync(process.execPath, [vsce, ...args], { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`vsce failed (exit ${result.status}):\n${result.stdout ?? ''}${result.stderr ?? ''}`);

  const problems = vsixProblems(vsix, target);
  if (problems.length > 0) throw new Error(`${path.basename(vsix)} is not fit to ship:\n  ${problems.join('\n  ')}`);
  log(`package: ${path.basename(vsix)}, ${(statSync(vsix).size / 2 ** 20).toFixed(1)} MiB`);
  return vsix;
}

async function buildProduct(log) {
  const hdl = path.join(root, '.ci', 'build-hdl.mjs');
  if (existsSync(hdl)) {
    log('package: the simulated engine ...');
    const result = spawnSync(process.execPath, [hdl], { cwd: root, stdio: ['ignore', 2, 2] });
    if (result.status !== 0) throw new Error(`The simulated engine did not build (exit ${result.status}); run: node .ci/build-hdl.mjs`);
  }
  log('package: bundles ...');
  const { buildAll } = await import('./build.mjs');
  const metafiles = await buildAll();
  const noticesFile = path.join(root, 'THIRD-PARTY-NOTICES.md');
  if (!existsSync(noticesFile)) {
    const { notices } = await import('./notices.mjs');
    writeFileSync(noticesFile, notices(metafiles));
  }
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const vsix = await packageVsix(process.argv[2] === undefined ? {} : { target: process.argv[2] });
  process.stdout.write(`${vsix}\nInstall it with: code --install-extension ${path.basename(vsix)}\n`);
}
