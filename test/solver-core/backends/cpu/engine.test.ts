import { describe, expect, test } from 'vitest';
import { cpuBackend } from '../../../../solver-core/backends/cpu/cpu-backend.ts';
import { cpuEngine } from '../../../../solver-core/backends/cpu/engine.ts';
import { plainSumsOf } from '../../../../solver-core/backends/cpu/gram-sums.ts';
import { lazyOrt, loadOrt } from '../../../../solver-core/backends/cpu/ort-load.ts';
import { arrayRows } from '../../../../solver-core/fit/ridge/array-rows.ts';
import { oracleRidge } from '../../fit/oracle.ts';
import { madeProblem, quiet, relativeError } from '../../fit/problems.ts';
import { tolerances } from '../../../tolerances.ts';

const withoutLibrary = (): ReturnType<typeof cpuEngine> => cpuEngine({ ort: lazyOrt(() => Promise.resolve(undefined)) });

describe('the engine', () => {
  test('reports the kernels of this machine', async () => {
    const report = await cpuEngine().report();
    expect(report.library).toMatch(/^onnxruntime-node \d/);
    expect(report.wasm).toBe(true);
    expect(report.integers.unsigned).toBe(true);
    // From its sources there is no bundled worker.
    expect(report.workers).toBe(1);
  });

  test('names no library that computes wrong products', async () => {
    const module = (await loadOrt())!;
    const lying = lazyOrt(() => Promise.resolve(module));
    const kernels = (await lying.kernels())!;
    const ort = {
      ...lying,
      kernels: () => Promise.resolve({ ...kernels, timesTransposed32: () => Promise.resolve(new Float32Array(65 * 65)) }),
    };
    expect((await cpuEngine({ ort }).report()).library).toBeNull();
  });

  test('answers without the native library, from WebAssembly', async () => {
    const engine = withoutLibrary();
    const report = await engine.report();
    expect(report).toMatchObject({ library: null, wasm: true, integers: { unsigned: false, signed: false }, workers: 1 });
    expect(engine.numerics.description).toBe('WebAssembly SIMD');
    for (const { n, d } of [
      { n: 900, d: 70 },
      { n: 120, d: 300 },
    ]) {
      const made = madeProblem(n, d, 3, 7);
      const solution = await cpuBackend(engine).solve({ source: arrayRows(made.x, made.y, d, 3), lambda: 0.5, bias: true }, quiet);
      expect(relativeError(solution.w, oracleRidge(made, 0.5, true).w)).toBeLessThan(tolerances.ridgeFp64.relative);
    }
    await engine.dispose();
  });

  test('sums bytes without the native library', async () => {
    const [n, d] = [1500, 60];
    const x = Uint8Array.from({ length: n * d }, (_, i) => (i * 131) % 256);
    const source = arrayRows(x, new Float32Array(n).fill(1), d, 1);
    // Few rows go through fp64 there.
    const own = await withoutLibrary().shifted(source, quiet);
    const native = await cpuEngine().shifted(source, quiet);
    expect([own.precision, native.precision]).toEqual(['fp64', 'exact']);
    expect(relativeError(plainSumsOf(own).gram, plainSumsOf(native).gram)).toBeLessThan(tolerances.sumFp64.relative);
  });

  test('an ill-conditioned problem of fp32 rows is summed again in fp64', async () => {
    const { n, d, k } = { n: 3000, d: 430, k: 1 };
    const made = madeProblem(n, d, k, 5, { kappa: 1e9, noise: 0 });
    const x = Float32Array.from(made.x);
    const rows = arrayRows(x, made.y, d, k);
    const solution = await cpuBackend().solve({ source: rows, lambda: 0, bias: true }, quiet);
    // fp32 products would be named in the method.
    expect(solution.method).toBe('fp64 Cholesky on the host');
    expect(solution.quality).toMatchObject({ liveInputs: d, rank: null, lambdaFrom: 'given' });
  });

  test('a large well-conditioned problem keeps fp32 products and says so', async () => {
    const { n, d, k } = { n: 3000, d: 430, k: 2 };
    const made = madeProblem(n, d, k, 6);
    const x = Float32Array.from(made.x);
    const solution = await cpuBackend().solve({ source: arrayRows(x, made.y, d, k), lambda: 3, bias: true }, quiet);
    const exact = await cpuBackend().solve({ source: arrayRows(Float64Array.from(x), made.y, d, k), lambda: 3, bias: true }, quiet);
    expect(solution.method).toBe('fp64 Cholesky on the host, fp32 products summed in fp64');
    expect(relativeError(solution.w, exact.w)).toBeLessThan(tolerances.ridgeFp32Sums.relative);
    expect(solution.relativeResidual).toBeLessThan(tolerances.ridgeFp64.relative);
  });
});

describe('quality of a solve', () => {
  test('rank and degrees of freedom of a small problem agree with its singular values', async () => {
    const { n, d, k } = { n: 200, d: 12, k: 1 };
    const made = madeProblem(n, d, k, 3);
    // The last column repeats the first.
    for (let r = 0; r < n; r++) made.x[r * d + d - 1] = 2 * made.x[r * d]!;
    const lambda = 40;
    const { quality } = await cpuBackend().solve({ source: arrayRows(made.x, made.y, d, k), lambda, bias: true }, quiet);
    const { Matrix, SingularValueDecomposition } = await import('ml-matrix');
    const x = Matrix.from1DArray(n, d, made.x).center('column');
    const values = new SingularValueDecomposition(x).diagonal.map((s) => s * s);
    const expected = values.reduce((sum, v) => sum + v / (v + lambda), 0);
    expect(quality?.rank).toBe(d - 1);
    expect(Math.abs(quality!.degreesOfFreedom! - expected)).toBeLessThan(tolerances.ridgeFp64.relative * d);
  });

  test('degrees of freedom of a large problem are estimated', async () => {
    const { n, d } = { n: 700, d: 300 };
    const made = madeProblem(n, d, 1, 3);
    const lambda = 300;
    const { quality } = await cpuBackend().solve({ source: arrayRows(made.x, made.y, d, 1), lambda, bias: true }, quiet);
    const { Matrix, SingularValueDecomposition } = await import('ml-matrix');
    const x = Matrix.from1DArray(n, d, made.x).center('column');
    const values = new SingularValueDecomposition(x).diagonal.map((s) => s * s);
    const expected = values.reduce((sum, v) => sum + v / (v + lambda), 0);
    expect(quality?.rank).toBeNull();
    expect(Math.abs(quality!.degreesOfFreedom! / expected - 1)).toBeLessThan(tolerances.traceEstimate.relative);
  });
});
