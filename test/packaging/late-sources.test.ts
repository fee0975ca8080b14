import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { buildExtension } from '../../.ci/build.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'tierwise-bundle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const metafile = await buildExtension({ outdir: folder });
const script = fileURLToPath(new URL('activate-bundle.mjs', import.meta.url));

/** Names that were asked of require(), at activation. */
const loaded = JSON.parse(execFileSync(process.execPath, [script, path.join(folder, 'extension.cjs')], { encoding: 'utf8' })) as string[];

test('activation loads the first half of the extension, and nothing of the second', () => {
  expect(loaded).toContain('./extension-shared.cjs');
  expect(loaded.filter((name) => /late|json-rpc|language-client/.test(name))).toEqual([]);
});

test('no source is in two bundles, so that classes are the same everywhere', () => {
  const holders = new Map<string, string[]>();
  for (const [output, { inputs }] of Object.entries(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      if (bytesInOutput > 0) holders.set(input, [...(holders.get(input) ?? []), output]);
    }
  }
  expect(holders.size).toBeGreaterThan(100);
  expect([...holders].filter(([, outputs]) => outputs.length > 1)).toEqual([]);
  expect(readdirSync(folder).filter((name) => name.endsWith('.cjs'))).toHaveLength(3);
});
