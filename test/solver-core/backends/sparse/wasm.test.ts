import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generateSparseKernels } from '../../../../.ci/build-sparse-kernels.mjs';
import { projectRoot } from '../../../shared.ts';

test('the committed module is what the source compiles to', async () => {
  const out = mkdtempSync(join(tmpdir(), 'tierwise-kernels-'));
  try {
    await generateSparseKernels(out);
    const committed = join(projectRoot, 'solver-core/backends/sparse/generated/kernels-wasm.ts');
    expect(readFileSync(join(out, 'kernels-wasm.ts'), 'utf8')).toBe(readFileSync(committed, 'utf8'));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
