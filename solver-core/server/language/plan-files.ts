import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';

/** Plans that are read to find mentions, and folders and bytes that are looked at for them. */
const maxPlans = 100;
const maxFolders = 1000;
const maxPlanBytes = 1_000_000;

/** Absolute paths of plans in these folders and below, the nearest first; folders of packages and hidden ones are left out. Bounded, never throws. */
export function plansBelow(folders: readonly string[]): readonly string[] {
  const found: string[] = [];
  const queue = [...folders];
  for (let looked = 0; looked < maxFolders && looked < queue.length && found.length < maxPlans; looked++) {
    const folder = queue[looked] ?? '';
    for (const entry of entriesOf(folder)) {
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules') queue.push(join(folder, entry.name));
      else if (entry.isFile() && entry.name.endsWith('.tiers')) found.push(join(folder, entry.name));
    }
  }
  return found.slice(0, maxPlans);
}

/** The text of a plan on disk as an editor shows it, without a mark of the byte order; undefined when it cannot be read or is too large for one. */
export function readPlan(path: string): string | undefined {
  try {
    const info = statSync(path);
    return info.isFile() && info.size <= maxPlanBytes ? readFileSync(path, 'utf8').replace(/^\ufeff/, '') : undefined;
  } catch {
    return undefined;
  }
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
