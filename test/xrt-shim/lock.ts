import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const pollMs = 100;
const patienceMs = 180_000;

/** Runs `work` while no other process of this machine runs one under the same folder name; a lock whose owner is gone does not count. */
export async function exclusively<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const owner = join(folder, 'pid');
  for (let waitedMs = 0; !taken(folder, owner); waitedMs += pollMs) {
    if (waitedMs > patienceMs) throw new Error(`${folder} stays locked`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  try {
    return await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function taken(folder: string, owner: string): boolean {
  try {
    mkdirSync(folder);
    writeFileSync(owner, String(process.pid));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (isGone(owner)) rmSync(folder, { recursive: true, force: true });
  return false;
}

/** True when the process that wrote the file has ended. A file not written yet belongs to somebody. */
function isGone(owner: string): boolean {
  try {
    const pid = Number(readFileSync(owner, 'utf8'));
    if (pid === 0) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
