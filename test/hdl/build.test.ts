import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildEngine } from '../../.ci/build-hdl.mjs';
import { harnessSource, rtlSources, sha256 } from '../../.ci/hdl-sources.mjs';
import { projectRoot } from '../shared.ts';
import { defaultImageFolder } from './images.ts';

test('building again elsewhere gives the same bytes, a second build does nothing, a damaged image is built anew', async () => {
  const shipped = JSON.parse(await readFile(join(await defaultImageFolder(), 'manifest.json'), 'utf8')) as { wasmSha256: string };
  const folder = join(await mkdtemp(join(tmpdir(), 'tierwise-build-')), 'engine');
  try {
    const first = await buildEngine({ folder });
    expect(first.fresh).toBe(true);
    expect(first.manifest.wasmSha256).toBe(shipped.wasmSha256);
    expect(sha256(await readFile(join(folder, 'engine.wasm')))).toBe(shipped.wasmSha256);
    expect(await buildEngine({ folder })).toEqual({ manifest: first.manifest, fresh: false });
    await writeFile(join(folder, 'engine.wasm'), 'damaged');
    expect(await buildEngine({ folder })).toEqual({ manifest: first.manifest, fresh: true });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the manifest names every source with its hash, the tools with their versions, and the parameters', async () => {
  const manifest = JSON.parse(await readFile(join(await defaultImageFolder(), 'manifest.json'), 'utf8')) as {
    sourceSha256: Record<string, string>;
    toolVersions: Record<string, string>;
    parameters: Record<string, number>;
  };
  const expected = await Promise.all(
    [...rtlSources, harnessSource].map(async (p) => [p, sha256(await readFile(join(projectRoot, p)))] as const),
  );
  expect(manifest.sourceSha256).toEqual(Object.fromEntries(expected));
  expect(Object.keys(manifest.toolVersions)).toEqual(['@yowasp/yosys', '@yowasp/clang']);
  expect(manifest.parameters).toMatchObject({ N: 8, DW: 18, AW: 48 });
});
