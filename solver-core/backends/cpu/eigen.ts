import type { Eigenpairs, Numerics, Tridiagonal } from '../../fit/numerics.ts';
import type { Products } from './cholesky-blocked.ts';
import { lanczos } from './eigen-lanczos.ts';
import { eigenvectors, largestEigenvalues } from './eigen-tridiagonal.ts';
import type { LazyKernels } from './factorisations.ts';
import { tridiagonalReduction } from './tridiagonal.ts';
import type { WasmKernels } from './wasm-instance.ts';

/** Up to this size ml-matrix decomposes in a few milliseconds. */
const plainUpTo = 64;
/** From this size on a few pairs are cheaper by iteration than by a reduction of the whole. */
const lanczosFrom = 256;

/** Lets the event loop run: a long reduction must not keep progress and cancel waiting. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** T and QᵀC by the WebAssembly kernels. */
export function tridiagonaliser(kernels: LazyKernels, plain: Numerics): Numerics['tridiagonalise'] {
  return async (a, d, c, k): Promise<Tridiagonal> => {
    // An instance of its own: the reduction waits between columns, and what it took goes back when it is done.
    const wasm = d <= 2 ? undefined : kernels.own();
    if (wasm === undefined) return plain.tridiagonalise(a, d, c, k);
    const { diagonal, offDiagonal, rotated } = await tridiagonalReduction(wasm, a, d, c, k, turn);
    return { diagonal, offDiagonal, rotated };
  };
}

/** A few pairs of a large matrix by Lanczos, anything else by reduction to T. */
export function eigenSolver(
  kernels: LazyKernels,
  products: (wasm: WasmKernels) => Promise<Products>,
  factor: Numerics['factor'],
  plain: Numerics,
): Numerics['topEigenpairs'] {
  return async (a, d, count): Promise<Eigenpairs> => {
    const wasm = d <= plainUpTo || count === 0 ? undefined : kernels.own();
    if (wasm === undefined) return plain.topEigenpairs(a, d, count);
    if (d >= lanczosFrom && 8 * count <= d) {
      const pairs = await lanczos(wasm, a, d, count, turn);
      if (pairs !== undefined) {
        const { values, coefficients, basis, steps } = pairs;
        const turned = await products(kernels.shared()!);
        const vectors = await turned.multiply64(basis, coefficients, { m: d, k: steps, n: count, transposeA: true, transposeB: false });
        if (await noneMissed(turned, factor, a, d, values, vectors)) {
          settleSigns(vectors, d, count);
          return { values, vectors };
        }
      }
    }
    return byReduction(wasm, a, d, count);
  };
}

/** Doubles that one product rewrites at a time. */
const bandDoubles = 2 ** 18;
/** An eigenvalue that is larger than the smallest found one by less than this share of the largest may stand in for it. */
const indistinct = 2 ** -32;

/**
 * True when A without the found pairs has no eigenvalue above the smallest found one: then σI − (A − VΛVᵀ) has a Cholesky factor,
 * which is certain where a count of iterations is not.
 */
async function noneMissed(
  products: Products,
  factor: Numerics['factor'],
  a: Float64Array,
  d: number,
  values: Float64Array,
  vectors: Float64Array,
): Promise<boolean> {
  const count = values.length;
  const shift = values[count - 1]! + indistinct * values[0]!;
  const rest = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let at = i * d; at < i * d + i; at++) rest[at] = -a[at]!;
    rest[i * d + i] = shift - a[i * d + i]!;
  }
  const scaled = vectors.map((v, at) => -values[at % count]! * v);
  const band = Math.max(16, Math.floor(bandDoubles / d));
  for (let row = 0; row < d; row += band) {
    const m = Math.min(band, d - row);
    const left = scaled.subarray(row * count, (row + m) * count);
    const shape = { m, k: count, n: d, transposeA: false, transposeB: true };
    await products.subtractProduct64(rest.subarray(row * d, (row + m) * d), left, vectors, shape);
  }
  return !('failedPivot' in (await factor(rest, d)));
}

/** Reduction to T, eigenvalues of T by bisection, vectors by inverse iteration, turned back by the reflectors. */
async function byReduction(wasm: WasmKernels, a: Float64Array, d: number, count: number): Promise<Eigenpairs> {
  const reduction = await tridiagonalReduction(wasm, a, d, new Float64Array(0), 0, turn);
  const values = largestEigenvalues(reduction, count);
  const vectors = eigenvectors(reduction, values);
  const reflectors = reduction.reflectors.slice();
  wasm.layout(8 * (d * count + d + count), 3);
  const [right, v, scratch] = [wasm.take(8 * d * count), wasm.take(8 * d), wasm.take(8 * count)];
  wasm.doubles(right, d * count).set(vectors);
  const reflector = wasm.doubles(v, d);
  for (let i = 1; i < d; i++) {
    if (reduction.factors[i] === 0) continue;
    reflector.set(reflectors.subarray(i * d, i * d + i));
    wasm.run.reflect(right, i, count, v, reduction.factors[i]!, scratch);
    if (i % 256 === 0) await turn();
  }
  vectors.set(wasm.doubles(right, d * count));
  settleSigns(vectors, d, count);
  return { values, vectors };
}

/** Every column gets the sign that makes its component of largest size positive. */
export function settleSigns(vectors: Float64Array, d: number, count: number): void {
  for (let e = 0; e < count; e++) {
    let largest = 0;
    for (let i = 0; i < d; i++) {
      const v = vectors[i * count + e]!;
      if (Math.abs(v) > Math.abs(largest)) largest = v;
    }
    if (largest < 0) for (let i = 0; i < d; i++) vectors[i * count + e] = -vectors[i * count + e]!;
  }
}
