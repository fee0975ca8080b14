import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateKernels } from '../../../../.ci/build-kernels.mjs';
import { plainMultiply } from '../../../../solver-core/backends/cpu/plain-numerics.ts';
import { kernelModule } from '../../../../solver-core/backends/cpu/wasm-instance.ts';
import { wasmProducts } from '../../../../solver-core/backends/cpu/wasm-products.ts';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import { projectRoot } from '../../../shared.ts';
import { tolerances } from '../../../tolerances.ts';
import { largestError } from './matrices.ts';

test('the committed module is what the source compiles to', async () => {
  const out = mkdtempSync(join(tmpdir(), 'tierwise-kernels-'));
  try {
    await generateKernels(out);
    const committed = join(projectRoot, 'solver-core/backends/cpu/generated/kernels-wasm.ts');
    expect(readFileSync(join(out, 'kernels-wasm.ts'), 'utf8')).toBe(readFileSync(committed, 'utf8'));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});

describe('products', () => {
  const products = wasmProducts(kernelModule()!.instance());
  const size = fc.integer({ min: 1, max: 40 });

  test('fp64 products of every shape and transposition equal the loops', async () => {
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.boolean(), fc.boolean(), fc.nat(1e6), async (m, k, n, transposeA, transposeB, seed) => {
        const random = createRandom(seed, 'product');
        const a = normals(random, m * k);
        const b = normals(random, k * n);
        const c = normals(random, m * n);
        const shape = { m, k, n, transposeA, transposeB };
        const plain = plainMultiply({ a, b, ...shape });
        expect(largestError(await products.multiply64(a, b, shape), plain)).toBeLessThan(tolerances.sumFp64.relative);
        const less = c.map((v, i) => v - plain[i]!);
        await products.subtractProduct64(c, a, b, shape);
        expect(largestError(c, less)).toBeLessThan(tolerances.sumFp64.relative);
      }),
      { seed: 20261121, numRuns: 150 },
    );
  });

  test.each([
    [70, 600, 67],
    [3000, 520, 600],
    [1, 1, 1],
  ])('%i x %i x %i: blocks of depth and bands of rows, fp64 and fp32', async (m, k, n) => {
    const random = createRandom(m, 'product');
    const a = normals(random, m * k);
    const b = normals(random, n * k);
    const plain = plainMultiply({ a, b, m, k, n, transposeB: true });
    expect(largestError(await products.timesTransposed64(a, b, m, n, k), plain)).toBeLessThan(tolerances.sumFp64.relative);
    const single = await products.timesTransposed32(Float32Array.from(a), Float32Array.from(b), m, n, k);
    expect(largestError(single, plain)).toBeLessThan(tolerances.productFp32.relative);
  });

  test('empty operands give zeros', async () => {
    expect(
      await products.multiply64(new Float64Array(0), new Float64Array(0), { m: 2, k: 0, n: 3, transposeA: false, transposeB: false }),
    ).toEqual(new Float64Array(6));
    expect(await products.timesTransposed32(new Float32Array(0), new Float32Array(0), 2, 2, 0)).toEqual(new Float32Array(4));
  });
});

test('without WebAssembly there are no kernels', () => {
  const host = globalThis as { WebAssembly?: unknown };
  const kept = host.WebAssembly;
  try {
    host.WebAssembly = undefined;
    expect(kernelModule()).toBeUndefined();
    host.WebAssembly = {
      Module: class {
        constructor() {
          throw new Error('no SIMD');
        }
      },
    };
    expect(kernelModule()).toBeUndefined();
  } finally {
    host.WebAssembly = kept;
  }
  expect(kernelModule()).toBeDefined();
});
