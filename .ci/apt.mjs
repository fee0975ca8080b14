// Debian packages that a step needs. Only node: builtins, because this runs before `npm ci` may have run.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Which of these Debian packages are not installed. One dpkg-query call, so a second run costs milliseconds.
 * Where there is no dpkg at all, every package counts as missing.
 * @param {readonly string[]} packages
 * @returns {string[]}
 */
export function missingPackages(packages) {
  const query = spawnSync('dpkg-query', ['-W', '-f=${Package}\t${db:Status-Status}\n', ...packages], { encoding: 'utf8' });
  if (query.error !== undefined) return [...packages];
  const installed = new Set(
    query.stdout
      .split('\n')
      .map((line) => line.split('\t'))
      .filter(([, status]) => status === 'installed')
      .map(([name]) => name),
  );
  return packages.filter((name) => !installed.has(name));
}

/**
 * Installs the missing ones of these packages where we may (root on a Debian-like system); elsewhere says which packages are
 * missing and how to install them. Never throws: the caller decides whether it can go on without.
 * @param {readonly string[]} packages
 * @param {{ log?: (line: string) => void }} [options] where progress goes; default: stderr
 * @returns {string[]} the packages that are still missing afterwards (empty = all there)
 */
export function ensureApt(packages, options = {}) {
  const log = options.log ?? ((line) => process.stderr.write(`${line}\n`));
  const missing = missingPackages(packages);
  if (missing.length === 0) return [];
  if (!isDebianLike()) {
    log(`These programs are needed and this is not Debian or Ubuntu, so install them by your own package manager: ${missing.join(' ')}`);
    return missing;
  }
  const installLine = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0) {
    log(`Missing Debian packages: ${missing.join(' ')}. Install them with:\n  sudo ${installLine}`);
    return missing;
  }
  log(`apt: installing ${missing.join(' ')} (once) ...`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => spawnSync('apt-get', ['install', '-y', '--no-install-recommends', '-q', ...missing], { encoding: 'utf8', env });
  let result = install();
  if (result.status !== 0) {
    // A fresh image has no package lists, or stale ones: refresh them and try once more.
    const update = spawnSync('apt-get', ['update', '-q'], { encoding: 'utf8', env });
    result = install();
    if (result.status !== 0) {
      log(`apt-get failed. Its words:\n${tail(update.stderr)}${tail(result.stdout)}${tail(result.stderr)}Try by hand: ${installLine}`);
    }
  }
  return missingPackages(packages);
}

function isDebianLike() {
  if (process.platform !== 'linux' || !existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
}

function tail(text) {
  return (text ?? '').split('\n').slice(-15).join('\n');
}

// As a program: node .ci/apt.mjs pkg pkg ...
if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = ensureApt(process.argv.slice(2)).length === 0 ? 0 : 1;
}
