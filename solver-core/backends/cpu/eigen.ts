import type { Eigenpairs, Numerics, Tridiagonal } from '../../fit/numerics.ts';
import { eigenvectors, largestEigenvalues } from './eigen-tridiagonal.ts';
import type { LazyKernels } from './factorisations.ts';
import { tridiagonalReduction } from './tridiagonal.ts';

/** Up to this size ml-matrix decomposes in a few milliseconds. */
const plainUpTo = 64;

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

/** Reduction to T, eigenvalues of T by bisection, vectors by inverse iteration, turned back by the reflectors. */
export function eigenSolver(kernels: LazyKernels, plain: Numerics): Numerics['topEigenpairs'] {
  return async (a, d, count): Promise<Eigenpairs> => {
    const wasm = d <= plainUpTo ? undefined : kernels.own();
    if (wasm === undefined) return plain.topEigenpairs(a, d, count);
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
  };
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
