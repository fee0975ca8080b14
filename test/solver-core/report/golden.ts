import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { projectRoot } from '../../shared.ts';

/**
 * Compares with `test/golden/<name>`. A missing file is written, except where CI is set, there it fails; UPDATE=1 rewrites.
 * On failure the text found is left beside it as `.actual`.
 */
export function expectGolden(name: string, actual: string): void {
  const path = join(projectRoot, 'test/golden', name);
  if (process.env['UPDATE'] === '1' || (!existsSync(path) && process.env['CI'] === undefined)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
  }
  expect(existsSync(path), `${name} is missing; write it with UPDATE=1`).toBe(true);
  const expected = readFileSync(path, 'utf8');
  if (expected === actual) rmSync(`${path}.actual`, { force: true });
  else writeFileSync(`${path}.actual`, actual);
  expect(actual).toBe(expected);
}
