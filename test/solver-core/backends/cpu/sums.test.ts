import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import type { RidgeSums } from '../../../../solver-core/fit/ridge/sums.ts';
import type { RowSource, RowValues } from '../../../../solver-core/fit/backend.ts';
import { arrayRows } from '../../../../solver-core/fit/ridge/array-rows.ts';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import { cpuNumerics, plainNumerics } from '../../../../solver-core/backends/cpu/index.ts';
import { gramPass } from '../../../../solver-core/backends/cpu/gram-pass.ts';
import { gramPlan } from '../../../../solver-core/backends/cpu/gram-plan.ts';
import { plainSumsOf } from '../../../../solver-core/backends/cpu/gram-sums.ts';
import { probeIntegers } from '../../../../solver-core/backends/cpu/integer-probe.ts';
import { loadOrt } from '../../../../solver-core/backends/cpu/ort-load.ts';
import { ortKernels } from '../../../../solver-core/backends/cpu/ort-kernels.ts';
import { AbortError } from '../../../../solver-core/model/abort.ts';
import { madeProblem, quiet, relativeError } from '../../fit/problems.ts';
import { tolerances } from '../../../tolerances.ts';

const kernels = ortKernels((await loadOrt())!);
const integers = await probeIntegers(kernels);
const both = { unsigned: true, signed: true };
const sumsOf = async (source: RowSource, wide: boolean, support = integers): Promise<RidgeSums> =>
  plainSumsOf(await gramPass(source, quiet, kernels, { wide, integers: support }));

/** Largest |difference| of the lower triangles, in units of sqrt(Gii·Gjj). */
function gramError(a: RidgeSums, b: RidgeSums): number {
  let worst = 0;
  const d = a.columns;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const scale = Math.sqrt(b.gram[i * d + i]! * b.gram[j * d + j]!);
      worst = Math.max(worst, Math.abs(a.gram[i * d + j]! - b.gram[i * d + j]!) / (scale === 0 ? 1 : scale));
    }
  }
  return worst;
}

function expectClose(a: RidgeSums, b: RidgeSums, relative: number): void {
  expect([a.rows, a.columns, a.outputs]).toEqual([b.rows, b.columns, b.outputs]);
  expect(gramError(a, b)).toBeLessThan(relative);
  for (const key of ['sumX', 'sumY', 'cross', 'squareY'] as const) {
    // A sum that cancels is compared on the scale of what was added.
    const scale = Math.max(1e-300, ...b[key].map(Math.abs), b.rows);
    expect(Math.max(0, ...a[key].map((v, i) => Math.abs(v - b[key][i]!))) / scale).toBeLessThan(relative);
  }
}

function reluSparse(n: number, d: number, seed: number): Float32Array {
  const random = createRandom(seed, 'relu');
  return Float32Array.from(normals(random, n * d), (v) => Math.max(0, v - 0.8));
}

/** Gram of bytes in exact integers. */
function exactGram(x: Uint8Array, n: number, d: number): Float64Array {
  const gram = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let s = 0n;
      for (let r = 0; r < n; r++) s += BigInt(x[r * d + i]!) * BigInt(x[r * d + j]!);
      gram[i * d + j] = Number(s);
    }
  }
  return gram;
}

describe('sums of rows', () => {
  test('agree with plain loops for every small shape, in fp64 and in fp32', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 70 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer(),
        fc.boolean(),
        async (n, d, k, seed, single) => {
          const made = madeProblem(n, d, k, seed, { offset: 1 });
          const x: RowValues = single ? Float32Array.from(made.x) : made.x;
          const source = arrayRows(n === 0 ? x.subarray(0, 0) : x, made.y, d, k);
          const plain = await plainNumerics().sums(source, quiet);
          expectClose(await sumsOf(source, true), plain, tolerances.sumFp64.relative);
          expectClose(await sumsOf(source, false), plain, single ? tolerances.sumFp32.relative : tolerances.sumFp64.relative);
        },
      ),
      { seed: 20260301, numRuns: 60 },
    );
  });

  test.each([
    { n: 5000, d: 130, k: 3 },
    { n: 4097, d: 33, k: 1 },
    { n: 400, d: 1100, k: 2 },
    { n: 300, d: 48, k: 70 },
  ])('agree with plain loops over several chunks and blocks: $n rows, $d inputs, $k outputs', async ({ n, d, k }) => {
    const x = reluSparse(n, d, n);
    const y = Float32Array.from(normals(createRandom(n, 'y'), n * k));
    const source = arrayRows(x, y, d, k);
    const plain = await plainNumerics().sums(source, quiet);
    expectClose(await cpuNumerics().sums(source, quiet), plain, tolerances.sumFp64.relative);
    expectClose(await sumsOf(source, false), plain, tolerances.sumFp32.relative);
  });

  test('a common offset of 1000 times the spread costs fp32 products no digits', async () => {
    const { n, d, k } = { n: 3000, d: 40, k: 2 };
    const made = madeProblem(n, d, k, 4);
    const x = Float32Array.from(made.x, (v, i) => Math.fround(v + 1000 * (1 + (i % d))));
    const source = arrayRows(x, made.y, d, k);
    const shifted = await gramPass(source, quiet, kernels, { wide: false, integers });
    const exact = await gramPass(source, quiet, kernels, { wide: true, integers });
    const centred = (s: typeof shifted): Float64Array => {
      const g = new Float64Array(d * d);
      for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) g[i * d + j] = s.gram[i * d + j]! - (s.sumX[i]! * s.sumX[j]!) / n;
      return g;
    };
    expect(relativeError(centred(shifted), centred(exact))).toBeLessThan(tolerances.sumFp32.relative);
  });

  test('the cut of the source does not change a bit', async () => {
    const { n, d, k } = { n: 5003, d: 60, k: 2 };
    const x = reluSparse(n, d, 2);
    const y = Float32Array.from(normals(createRandom(2, 'y'), n * k));
    const whole = await sumsOf(arrayRows(x, y, d, k), false);
    for (const size of [1, 97, 4096, 9999]) {
      const cut: RowSource = { rows: n, columns: d, outputs: k, chunks: () => arrayRows(x, y, d, k).chunks(size) };
      expect(await sumsOf(cut, false)).toEqual(whole);
    }
  });

  test('chunks and blocks depend on the width alone', () => {
    expect(gramPlan(512, 10, 'float32')).toEqual({ chunkRows: 2032, blockColumns: 32 });
    expect(gramPlan(784, 10, 'float32')).toEqual({ chunkRows: 3120, blockColumns: 64 });
    expect(gramPlan(2048, 10, 'float32')).toEqual({ chunkRows: 4080, blockColumns: 128 });
    expect(gramPlan(4096, 10, 'float32').chunkRows).toBe(2032);
    expect(gramPlan(2048, 10, 'uint8').blockColumns).toBe(512);
    expect(gramPlan(1, 1, 'float64')).toEqual({ chunkRows: 2040, blockColumns: 16 });
  });
});

describe('sums of bytes', () => {
  test('are exact for every kernel', async () => {
    const { n, d, k } = { n: 700, d: 37, k: 3 };
    const random = createRandom(8, 'bytes');
    // Many extremes: they overflow what saturates.
    const x = Uint8Array.from({ length: n * d }, () => (random.uniform() < 0.4 ? 255 : Math.floor(256 * random.uniform())));
    const y = Float32Array.from({ length: n * k }, (_, i) => (Math.floor(i / k) % k === i % k ? 1 : 0));
    const source = arrayRows(x, y, d, k);
    const expected = exactGram(x, n, d);
    const plain = await plainNumerics().sums(arrayRows(Float64Array.from(x), y, d, k), quiet);
    for (const support of [{ unsigned: true, signed: false }, both, { unsigned: false, signed: false }]) {
      const sums = await sumsOf(source, false, support);
      for (let i = 0; i < d; i++) expect(sums.gram.subarray(i * d, i * d + i + 1)).toEqual(expected.subarray(i * d, i * d + i + 1));
      expect(sums.cross).toEqual(plain.cross);
      expect(sums.sumX).toEqual(plain.sumX);
    }
  });

  test('are exact above 1024 columns, where the signed kernel answers', async () => {
    const { n, d } = { n: 9, d: 1030 };
    const random = createRandom(9, 'bytes');
    const x = Uint8Array.from({ length: n * d }, () => Math.floor(256 * random.uniform()));
    const sums = await sumsOf(arrayRows(x, new Float32Array(n), d, 1), false, both);
    const expected = exactGram(x, n, d);
    for (let i = 0; i < d; i += 103) expect(sums.gram.subarray(i * d, i * d + i + 1)).toEqual(expected.subarray(i * d, i * d + i + 1));
  });

  test('targets that are no bytes are multiplied in fp64', async () => {
    const { n, d, k } = { n: 300, d: 20, k: 2 };
    const made = madeProblem(n, d, k, 1);
    const x = Uint8Array.from({ length: n * d }, (_, i) => (i * 37) % 256);
    const sums = await sumsOf(arrayRows(x, made.y, d, k), false);
    const plain = await plainNumerics().sums(arrayRows(Float64Array.from(x), made.y, d, k), quiet);
    expect(relativeError(sums.cross, plain.cross)).toBeLessThan(tolerances.sumFp64.relative);

    const none = { unsigned: false, signed: false };
    const source = arrayRows(x, made.y, d, k);
    const single = await gramPass(source, quiet, kernels, { wide: false, integers: none });
    expect(single.precision).toBe('fp32');
    const wide = await sumsOf(source, true, none);
    expect(relativeError(wide.cross, plain.cross)).toBeLessThan(tolerances.sumFp64.relative);
  });

  test('this machine passes at least the unsigned probe or falls back', async () => {
    const refused = await probeIntegers({ ...kernels, integerProduct: () => Promise.resolve(new Int32Array(256).fill(32767)) });
    expect(refused).toEqual({ unsigned: false, signed: false });
    const missing = await probeIntegers({ ...kernels, integerProduct: () => Promise.reject(new Error('no such operator')) });
    expect(missing).toEqual({ unsigned: false, signed: false });
  });
});

describe('bad rows and cancelling', () => {
  test.each([NaN, Infinity, -Infinity])('a value %d is refused and its row named', async (bad) => {
    for (const [where, index] of [
      ['x', 4500 * 40 + 7],
      ['y', 4500 * 2 + 1],
    ] as const) {
      const x = reluSparse(5000, 40, 1);
      const y = new Float32Array(10_000);
      (where === 'x' ? x : y)[index] = bad;
      for (const wide of [true, false]) {
        await expect(sumsOf(arrayRows(x, y, 40, 2), wide)).rejects.toMatchObject({
          code: 'non-finite-rows',
          message: expect.stringContaining('row 4500') as string,
        });
      }
    }
  });

  test('small inputs times huge targets overflow fp32 and are summed in fp64', async () => {
    const x = reluSparse(200, 20, 3);
    const y = Float64Array.from(normals(createRandom(3, 'y'), 200), (v) => v * 1e39);
    const bytes = Uint8Array.from(x, (v) => v * 20);
    for (const source of [arrayRows(x, y, 20, 1), arrayRows(bytes, y, 20, 1)]) {
      const plain = await plainNumerics().sums(source, quiet);
      const sums = await sumsOf(source, false, { unsigned: false, signed: false });
      expect(relativeError(sums.cross, plain.cross)).toBeLessThan(tolerances.sumFp64.relative);
    }
  });

  test('squares that overflow fp32 are summed in fp64', async () => {
    const x = reluSparse(200, 20, 3).map((v) => v * 1e25);
    const source = arrayRows(x, new Float32Array(200), 20, 1);
    expectClose(await sumsOf(source, false), await plainNumerics().sums(source, quiet), tolerances.sumFp64.relative);
  });

  test('squares that overflow fp64 are refused', async () => {
    const x = Float64Array.from({ length: 400 }, (_, i) => 1e200 * (i + 1));
    await expect(sumsOf(arrayRows(x, new Float32Array(20), 20, 1), false)).rejects.toMatchObject({ code: 'non-finite-rows' });
  });

  test('a cancel in the middle ends with AbortError', async () => {
    const x = reluSparse(20_000, 20, 1);
    const abort = { aborted: false };
    const context = { ...quiet, abort, onProgress: () => (abort.aborted = true) };
    const run = gramPass(arrayRows(x, new Float32Array(20_000), 20, 1), context, kernels, { wide: false, integers });
    await expect(run).rejects.toBeInstanceOf(AbortError);
  });
});
