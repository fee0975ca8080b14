// A folder that holds what the package of another platform is made of: our files, and the dependencies as npm installs them there.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** What decides which packages are installed. */
const INSTALL_FILES = ['package.json', 'package-lock.json', '.npmrc'];

/** Our own files and folders that .vscodeignore lets through, or finds its way with. */
const OWN = [
  ...['README.md', 'CHANGELOG.md', 'LICENSE', 'THIRD-PARTY-NOTICES.md', 'package.nls.json', 'package.nls.de.json'],
  ...['docs/tier-language.md', 'docs/python.md', 'docs/images'],
  ...['dist', 'l10n', 'extension/language', 'extension/media', 'examples/digits'],
];

/** npm answers so when it reaches no registry. */
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|SOCKET_TIMEOUT|network/;

/**
 * Makes the folder for a platform anew: .cache/stage/<target>. No install script runs; a package that exists for one platform only is
 * installed for that platform, as `npm ci --os --cpu` does it.
 * @param {string} target a VS Code platform, such as `win32-arm64`
 * @returns {{ folder: string, remove: () => void }} `folder` absolute
 * @throws {Error} with `offline: true` when there is no registry to install from
 */
export function stageTarget(target) {
  const [os = '', cpu = ''] = target.split('-');
  const folder = path.join(root, '.cache', 'stage', target);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  remove();
  mkdirSync(folder, { recursive: true });
  for (const file of INSTALL_FILES) copyFileSync(path.join(root, file), path.join(folder, file));
  const words = [
    'ci',
    '--omit=dev',
    '--ignore-scripts',
    `--os=${os}`,
    `--cpu=${cpu}`,
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--fetch-retries=1',
  ];
  // npm of Windows is a script of the shell; every word is ours.
  const result = spawnSync('npm', words, { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32', timeout: 100_000 });
  if (result.status !== 0) {
    const said = `${result.stdout ?? ''}${result.stderr ?? ''}`;
    remove();
    const error = new Error(`npm could not install the packages of ${target} (exit ${result.status}):\n${said.slice(-2000)}`);
    throw Object.assign(error, { offline: result.status === null || OFFLINE.test(said) });
  }
  for (const own of OWN)
    cpSync(path.join(root, own), path.join(folder, own), { recursive: true, filter: (file) => !file.endsWith('.map') });
  return { folder, remove };
}
