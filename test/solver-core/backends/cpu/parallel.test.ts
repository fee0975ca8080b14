import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gramPass } from '../../../../solver-core/backends/cpu/gram-pass.ts';
import { parallelGramPass } from '../../../../solver-core/backends/cpu/gram-parallel.ts';
import { probeIntegers } from '../../../../solver-core/backends/cpu/integer-probe.ts';
import { loadOrt } from '../../../../solver-core/backends/cpu/ort-load.ts';
import { ortKernels } from '../../../../solver-core/backends/cpu/ort-kernels.ts';
import type { RowValues } from '../../../../solver-core/fit/backend.ts';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import { arrayRows } from '../../../../solver-core/fit/ridge/array-rows.ts';
import { AbortError } from '../../../../solver-core/model/abort.ts';
import { projectRoot } from '../../../shared.ts';
import { quiet } from '../../fit/problems.ts';

const kernels = ortKernels((await loadOrt())!);
const integers = await probeIntegers(kernels);
// Inside the project, because a worker looks for ONNX Runtime from where it lies.
const folder = join(projectRoot, '.cache', `gram-worker-${process.pid}`);
const workerFile = join(folder, 'gram-worker.cjs');

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const entryPoints = [join(projectRoot, 'solver-core/backends/cpu/gram-worker.ts')];
  await build({ entryPoints, outfile: workerFile, bundle: true, platform: 'node', format: 'cjs', external: ['onnxruntime-node'] });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function rowsOf(kind: 'float32' | 'float64' | 'bytes', n: number, d: number, seed: number): RowValues {
  const random = createRandom(seed, 'rows');
  if (kind === 'bytes') return Uint8Array.from({ length: n * d }, () => random.below(256));
  const values = normals(random, n * d).map((v) => Math.max(0, v + 0.3));
  return kind === 'float32' ? Float32Array.from(values) : values;
}

describe('sums by several threads', () => {
  test('have the bits of one thread for any number of workers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9000 }),
        fc.integer({ min: 1, max: 70 }),
        fc.constantFrom('float32', 'float64', 'bytes'),
        fc.integer({ min: 1, max: 4 }),
        async (n, d, kind, workers) => {
          const x = rowsOf(kind as 'bytes', n, d, n);
          const y = Float32Array.from({ length: 2 * n }, (_, i) => ((i * 7) % 11) / 4);
          const source = arrayRows(x, y, d, 2);
          const alone = await gramPass(source, quiet, kernels, { wide: false, integers });
          const together = await parallelGramPass(source, quiet, { wide: false, integers, workers, workerFile });
          expect(together).toEqual(alone);
        },
      ),
      { seed: 20260401, numRuns: 8 },
    );
  });

  test('have the bits of one thread when many chunks wait for each other', async () => {
    const [n, d] = [60_000, 96];
    const x = rowsOf('float32', n, d, 3);
    const source = arrayRows(x, new Float32Array(n).fill(0.5), d, 1);
    // Sums of fp64 products depend on their order in the last bits; those of fp32 products are exact in fp64 more often than not.
    for (const wide of [true, false]) {
      const alone = await gramPass(source, quiet, kernels, { wide, integers });
      for (const workers of [1, 2, 3, 4]) {
        const together = await parallelGramPass(source, quiet, { wide, integers, workers, workerFile });
        expect(Buffer.from(together.gram.buffer).equals(Buffer.from(alone.gram.buffer))).toBe(true);
        expect(together).toEqual(alone);
      }
    }
  });

  test('name the first bad row, wherever it is found first', async () => {
    const [n, d] = [30_000, 40];
    const x = rowsOf('float32', n, d, 1);
    x[9000 * d + 1] = NaN;
    x[25_000 * d] = Infinity;
    const run = parallelGramPass(arrayRows(x, new Float32Array(n), d, 1), quiet, { wide: false, integers, workers: 3, workerFile });
    await expect(run).rejects.toMatchObject({ code: 'non-finite-rows', message: expect.stringContaining('row 9000') as string });
  });

  test('squares that overflow fp32 start again in fp64', async () => {
    const x = rowsOf('float32', 500, 20, 1).map((v) => v * 1e25) as Float32Array;
    const source = arrayRows(x, new Float32Array(500), 20, 1);
    const together = await parallelGramPass(source, quiet, { wide: false, integers, workers: 2, workerFile });
    expect(together.precision).toBe('fp64');
    expect(together).toEqual(await gramPass(source, quiet, kernels, { wide: false, integers }));
  });

  test('a cancel in the middle ends with AbortError', async () => {
    const [n, d] = [40_000, 40];
    const abort = { aborted: false };
    let calls = 0;
    const context = { ...quiet, abort, onProgress: () => (abort.aborted = ++calls === 4) };
    const run = parallelGramPass(arrayRows(rowsOf('float32', n, d, 1), new Float32Array(n), d, 1), context, {
      wide: false,
      integers,
      workers: 3,
      workerFile,
    });
    await expect(run).rejects.toBeInstanceOf(AbortError);
    expect(calls).toBe(4);
  });

  test.each([
    ['exits', "require('node:worker_threads').parentPort.once('message', () => process.exit(3));", 'code 3'],
    ['throws', "require('node:worker_threads').parentPort.once('message', () => { throw new Error('out of luck'); });", 'out of luck'],
    ['cannot start', "throw new Error('no library');", 'no library'],
  ])('a worker that %s is a clear error', async (name, text, reason) => {
    const file = join(folder, `broken-${name.replace(' ', '-')}.cjs`);
    writeFileSync(file, text);
    const source = arrayRows(rowsOf('float32', 20_000, 8, 1), new Float32Array(20_000), 8, 1);
    const run = parallelGramPass(source, quiet, { wide: false, integers, workers: 2, workerFile: file });
    await expect(run).rejects.toMatchObject({ code: 'gram-worker-died', message: expect.stringContaining(reason) as string });
  });

  test('no rows give zeros and start no thread', async () => {
    const source = arrayRows(new Float32Array(0), new Float32Array(0), 3, 1);
    const none = await parallelGramPass(source, quiet, { wide: false, integers, workers: 2, workerFile: '/no/such/file' });
    expect(none.rows).toBe(0);
    expect(none.gram).toEqual(new Float64Array(9));
  });
});
