// What every script needs before it can do its own work: a fitting Node, the packages of the lock file, the bundles, the engine image.
// Only Node built-ins here: this file runs before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Runs a command, streaming its output unless `quiet`; quiet output is shown only when the command fails. */
export function run(command, args, options = {}) {
  const { quiet = false, env = {}, cwd = root, allowFailure = false } = options;
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (d) => (output += d));
    child.stderr?.on('data', (d) => (output += d));
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0 || allowFailure) return done({ code: code ?? 1, output });
      if (quiet) process.stderr.write(output);
      fail(new Error(`${command} ${args.join(' ')} ended with code ${code}`));
    });
  });
}

/** Prints a step, runs it, prints how long it took. */
export async function step(title, work) {
  const started = Date.now();
  process.stdout.write(`• ${title}\n`);
  const result = await work();
  const seconds = (Date.now() - started) / 1000;
  if (seconds > 1) process.stdout.write(`  done in ${seconds.toFixed(0)} s\n`);
  return result;
}

/** Stops with one clear line on a Node that is too old. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 10)) return;
  process.stderr.write(`Tierwise needs Node 20.10 or newer; this is Node ${process.versions.node}.\n`);
  process.exit(2);
}

/** Installs the packages of package-lock.json when they are not there yet. Dependency install scripts never run. */
export async function ensurePackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.tierwise-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  await step('installing packages (once; about 900 MB with the build and test tools)', async () => {
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { quiet: true });
    writeFileSync(stamp, lock);
  });
}

/** Builds dist/ and the WebAssembly images: the engine alone, or the simulated board beside it. Quick when nothing changed. */
export async function ensureBuild({ board }) {
  const { buildAll } = await import('./build.mjs');
  await step('building', () => buildAll());
  await step(
    `building the engine${board ? ' and the simulated board' : ''} (RTL to WebAssembly; the first time takes a minute or two)`,
    () => run(process.execPath, ['.ci/build-hdl.mjs', ...(board ? [] : ['engine'])], { quiet: true }),
  );
}
