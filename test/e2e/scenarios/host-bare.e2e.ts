import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runHostSuite } from '../driver/host-suite.ts';

// Without a plan there is nothing to do: the suite asserts inside the extension host that nothing is done.
const folder = mkdtempSync(path.join(tmpdir(), 'tierwise-bare-'));
writeFileSync(path.join(folder, 'notes.txt'), 'no plan here\n');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const results = await runHostSuite(folder, 'host-bare');

test('the suite for a folder without a plan ran inside the extension host', () => {
  expect(results.length).toBeGreaterThan(2);
});

for (const result of results) {
  test(`extension host without a plan: ${result.title}`, () => {
    expect(result.error, result.error).toBeUndefined();
  });
}
