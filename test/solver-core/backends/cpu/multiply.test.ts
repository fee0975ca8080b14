import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { cpuNumerics, plainNumerics } from '../../../../solver-core/backends/cpu/index.ts';
import { loadOrt } from '../../../../solver-core/backends/cpu/ort-load.ts';
import { ortKernels } from '../../../../solver-core/backends/cpu/ort-kernels.ts';
import { productBy } from '../../../../solver-core/backends/cpu/product.ts';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import { relativeError } from '../../fit/problems.ts';
import { tolerances } from '../../../tolerances.ts';

const random = createRandom(5, 'products');
const kernels = ortKernels((await loadOrt())!);

/** op(A)·op(B) from the definition. */
function byDefinition(a: Float64Array, b: Float64Array, m: number, k: number, n: number, ta: boolean, tb: boolean): Float64Array {
  return Float64Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let s = 0;
    for (let l = 0; l < k; l++) s += a[ta ? l * m + i : i * k + l]! * b[tb ? j * k + l : l * n + j]!;
    return s;
  });
}

describe('products', () => {
  test('agree with the definition for every shape and layout, in loops and by ONNX Runtime', async () => {
    const size = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.boolean(), fc.boolean(), fc.constantFrom(1, -2.5), async (m, k, n, ta, tb, alpha) => {
        const a = normals(random, m * k);
        const b = normals(random, k * n);
        const expected = byDefinition(a, b, m, k, n, ta, tb).map((v) => alpha * v);
        const product = { a, b, m, k, n, transposeA: ta, transposeB: tb, alpha };
        for (const result of [
          await cpuNumerics().multiply(product),
          await plainNumerics().multiply(product),
          await productBy(kernels, product),
        ]) {
          expect(result.length).toBe(m * n);
          expect(relativeError(result, expected)).toBeLessThan(tolerances.sumFp64.relative);
        }
      }),
      { seed: 20260201, numRuns: 60 },
    );
  });

  test('an output above 64 MiB is made in bands', async () => {
    const [m, k, n] = [3000, 2, 3000];
    const a = normals(random, m * k);
    const b = normals(random, k * n);
    for (const transposeA of [false, true]) {
      const result = await productBy(kernels, { a, b, m, k, n, transposeA });
      for (const at of [0, 2795 * n + 5, 2796 * n + 7, m * n - 1]) {
        const [i, j] = [Math.floor(at / n), at % n];
        let s = 0;
        for (let l = 0; l < k; l++) s += a[transposeA ? l * m + i : i * k + l]! * b[l * n + j]!;
        expect(Math.abs(result[at]! - s)).toBeLessThan(tolerances.sumFp64.relative * 10);
      }
    }
  });

  test('an empty inner dimension gives zeros', async () => {
    expect(await productBy(kernels, { a: new Float64Array(0), b: new Float64Array(0), m: 3, k: 0, n: 2 })).toEqual(new Float64Array(6));
  });

  test('subtracts a product in place', async () => {
    const shape = { m: 7, k: 5, n: 3, transposeA: false, transposeB: true };
    const [a, b, c] = [normals(random, 35), normals(random, 15), normals(random, 21)];
    const expected = byDefinition(a, b, 7, 5, 3, false, true).map((v, i) => c[i]! - v);
    await kernels.subtractProduct64(c, a, b, shape);
    expect(relativeError(c, expected)).toBeLessThan(tolerances.sumFp64.relative);
  });

  test('loops answer where ONNX Runtime cannot be loaded', async () => {
    const { lazyOrt } = await import('../../../../solver-core/backends/cpu/ort-load.ts');
    const lazy = lazyOrt(() => Promise.resolve(undefined));
    expect(await lazy.kernels()).toBeUndefined();
    expect(lazy.version()).toBeUndefined();
  });
});
