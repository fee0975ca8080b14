import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const python = '/usr/bin/python3';

/** True when the independent oracle, Debian's numpy, is there. */
export const hasNumpy = existsSync(python) && spawnSync(python, ['-c', 'import numpy']).status === 0;

/** Runs a numpy script with `folder` as its working directory and returns what it prints, parsed as JSON. */
export function numpy(folder: string, script: string): unknown {
  const run = spawnSync(python, ['-c', `import numpy as np, json, sys\n${script}`], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(`numpy failed: ${run.stderr}`);
  return run.stdout.trim() === '' ? null : JSON.parse(run.stdout);
}

/** A folder of its own for one test file, and how to remove it. */
export function scratch(): { readonly dir: string; remove(): void; path(name: string): string } {
  const dir = mkdtempSync(join(tmpdir(), 'tierwise-data-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }), path: (name) => join(dir, name) };
}
