// Makes tierwise-<target>.vsix: build, vsce with an exact list of files, then a look inside.
//   node .ci/package-vsix.mjs [TARGET ...]     default: the platform this runs on
//   node .ci/package-vsix.mjs --all            every platform; the others take their packages from the registry
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stageTarget } from './stage-target.mjs';
import { vsixProblems } from './vsix-contents.mjs';
import { nativeFiles, vsixTargets } from './vsix-targets.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The platform this runs on, in VS Code's words. */
const here = `${process.platform}-${process.arch}`;

/**
 * Builds and packages the extension.
 * @param {{ target?: string, build?: boolean, outFolder?: string, log?: (line: string) => void }} [options] target: a VS Code platform
 *   such as `linux-x64`, default this one; build: false packages dist/ as it is; outFolder: default the root; log: progress, default stderr
 * @returns {Promise<string>} absolute path of the .vsix
 * @throws {Error} when a step fails or the package holds what it should not
 */
export async function packageVsix(options = {}) {
  const log = options.log ?? ((line) => process.stderr.write(`${line}\n`));
  const target = options.target ?? here;
  const natives = nativeFiles(target);
  if (options.build ?? true) await buildProduct(log);

  const cache = path.join(root, '.cache', 'vsix');
  mkdirSync(cache, { recursive: true });
  const ignoreFile = path.join(cache, `vscodeignore-${target}`);
  const lines = natives.map((file) => `!${file}\n`).join('');
  writeFileSync(ignoreFile, `${readFileSync(path.join(root, '.vscodeignore'), 'utf8')}\n${lines}`);

  log(`package: ${target} ...`);
  const vsix = path.join(options.outFolder ?? root, `tierwise-${target}.vsix`);
  // The packages of this platform are installed here; those of another one go into a folder of their own.
  const staged = target === here ? undefined : stageTarget(target);
  try {
    runVsce(staged?.folder ?? root, target, ignoreFile, vsix);
  } finally {
    staged?.remove();
  }
  const problems = vsixProblems(vsix, target);
  if (problems.length > 0) throw new Error(`${path.basename(vsix)} is not fit to ship:\n  ${problems.join('\n  ')}`);
  log(`package: ${path.basename(vsix)}, ${(statSync(vsix).size / 2 ** 20).toFixed(1)} MiB`);
  return vsix;
}

function runVsce(cwd, target, ignoreFile, vsix) {
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
  const result = spawnSync(process.execPath, [vsce, ...args], { cwd, encoding: 'utf8' });
  const said = `${result.stdout ?? ''}${result.stderr ?? ''}`;
  if (result.status !== 0) throw new Error(`vsce failed (exit ${result.status}):\n${said}`);
  // The one about a repository is answered by an option above; any other one is for us to solve.
  if (/^\s*WARNING/m.test(said)) throw new Error(`vsce warns:\n${said}`);
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
  const words = process.argv.slice(2);
  const targets = words.includes('--all') ? vsixTargets : words.length > 0 ? words : [here];
  for (const [i, target] of targets.entries()) {
    const vsix = await packageVsix({ target, build: i === 0 });
    process.stdout.write(`${vsix}\n${target === here ? `Install it with: code --install-extension ${path.basename(vsix)}\n` : ''}`);
  }
}
