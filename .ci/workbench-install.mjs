// Puts a real VS Code workbench (code-server) and the Node it needs into .cache/workbench/, from npm alone and by lock file.
// A stamp makes every later call instant. Nothing outside .cache/ is touched.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const locks = path.join(root, 'test', 'e2e', 'workbench');
const cacheDir = path.join(root, '.cache', 'workbench');

// Raise this when the steps below change while the lock files do not.
const RECIPE = 1;

/**
 * Installs the workbench when it is not there yet (1-2 minutes, 0.5 GB) and says where it is.
 * @param {{ log?: (line: string) => void }} [options] where progress goes; default: stderr
 * @returns {{ nodeBin: string, entry: string }} the Node 24 binary and code-server's entry script
 * @throws {Error} with the last lines of npm's output when an install step fails
 */
export function installWorkbench(options = {}) {
  const log = options.log ?? ((line) => process.stderr.write(`${line}\n`));
  const stamp = wantedStamp();
  if (readStamp(cacheDir) !== stamp) {
    const partial = `${cacheDir}.${process.pid}.partial`;
    rmSync(partial, { recursive: true, force: true });
    try {
      installInto(partial, log);
      writeFileSync(path.join(partial, 'stamp'), stamp);
      rmSync(cacheDir, { recursive: true, force: true });
      renameSync(partial, cacheDir);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
    log('workbench: ready');
  }
  return { nodeBin: nodeBinary(cacheDir), entry: path.join(cacheDir, 'server', 'node_modules', 'code-server', 'out', 'node', 'entry.js') };
}

function wantedStamp() {
  const hash = createHash('sha256').update(`${RECIPE} ${process.platform} ${process.arch}`);
  for (const folder of ['server', 'vscode']) hash.update(readFileSync(path.join(locks, folder, 'package-lock.json')));
  return hash.digest('hex');
}

function readStamp(dir) {
  const file = path.join(dir, 'stamp');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function installInto(dir, log) {
  log('workbench: fetching code-server and Node 24 from npm (once) ...');
  npmCi('server', path.join(dir, 'server'));
  log('workbench: fetching the modules of the VS Code server ...');
  const modules = path.join(dir, 'vscode');
  npmCi('vscode', modules);
  log('workbench: building its native logger ...');
  buildNatives(modules, nodeBinary(dir), log);
  renameSync(path.join(modules, 'node_modules'), path.join(dir, 'server', 'node_modules', 'code-server', 'lib', 'vscode', 'node_modules'));
  rmSync(modules, { recursive: true, force: true });
}

function npmCi(folder, target) {
  mkdirSync(target, { recursive: true });
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) cpSync(path.join(locks, folder, file), path.join(target, file));
  npm(['ci', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'], target, process.env);
}

/** The logger keeps the output channels of extensions in files. Without a compiler the workbench still runs, only they stay empty. */
function buildNatives(dir, nodeBin, log) {
  const missing = ['g++', 'make', 'python3'].filter((tool) => spawnSync(tool, ['--version']).status !== 0);
  if (missing.length > 0) {
    log(`workbench: no ${missing.join(', ')} here, so output channels will stay empty; everything else works`);
    return;
  }
  const binDir = path.dirname(nodeBin);
  const env = { ...process.env, PATH: `${binDir}${path.delimiter}${process.env.PATH ?? ''}`, npm_config_nodedir: path.dirname(binDir) };
  try {
    npm(['rebuild', '@vscode/spdlog', '@vscode/native-watchdog', '--ignore-scripts=false', '--loglevel=error'], dir, env);
  } catch (error) {
    log(
      `workbench: the native logger did not build, so output channels will stay empty; everything else works (${error.message.split('\n')[0]})`,
    );
  }
}

function npm(args, cwd, env) {
  const result = spawnSync('npm', args, { cwd, env, encoding: 'utf8', shell: process.platform === 'win32' });
  if (result.status === 0) return;
  const words = `${result.stdout ?? ''}${result.stderr ?? ''}`.split('\n').slice(-20).join('\n');
  throw new Error(
    `npm ${args[0]} failed in ${cwd} (${result.error?.message ?? `exit ${result.status}`}). Check the network and try again.\n${words}`,
  );
}

/** The Node 24 that code-server insists on: the one from npm, else the running one when it is 24. */
function nodeBinary(dir) {
  const packaged = path.join(dir, 'server', 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(packaged)) return packaged;
  if (process.versions.node.startsWith('24.')) return process.execPath;
  throw new Error(
    `The workbench needs Node 24 and npm has no binary for ${process.platform}-${process.arch} in our lock file; run this with Node 24.`,
  );
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) installWorkbench();
