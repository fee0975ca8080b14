import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pid } from 'node:process';

/** A new name beside `path` for content that is not whole yet. It names the process, so that others can tell what was left behind. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `${prefixOf(path)}${pid}.${randomBytes(6).toString('hex')}.tmp`);
}

/**
 * Removes what runs that were killed have left beside these files: temporary files of theirs whose process is gone. Those of living
 * processes stay; so does what cannot be removed, which hinders nothing.
 */
export async function removeLeftovers(paths: readonly string[]): Promise<void> {
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    const prefixes = paths.filter((path) => dirname(path) === folder).map(prefixOf);
    const names = await readdir(folder).catch(() => []);
    for (const name of names) {
      const prefix = prefixes.find((start) => name.startsWith(start));
      const owner = prefix === undefined ? null : /^(\d{1,10})\.[0-9a-f]{12}\.tmp$/.exec(name.slice(prefix.length));
      if (owner === null || isAlive(Number(owner[1]))) continue;
      await rm(join(folder, name), { force: true }).catch(() => undefined);
    }
  }
}

function prefixOf(path: string): string {
  return `.${basename(path).slice(0, 100)}.`;
}

/** A process that may not be asked is there, too. */
function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code !== 'ESRCH';
  }
}
