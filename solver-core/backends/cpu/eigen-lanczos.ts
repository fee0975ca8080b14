import { createRandom, normals } from '../../fit/prng.ts';
import { eigenvectors, largestEigenvalues } from './eigen-tridiagonal.ts';
import type { WasmKernels } from './wasm-instance.ts';

/** Wanted eigenpairs of A in the basis that was built. */
export interface LanczosPairs {
  readonly values: Float64Array;
  /** [steps, count] */
  readonly coefficients: Float64Array;
  /** [steps, d] orthonormal rows; a view of the kernels' memory. */
  readonly basis: Float64Array;
  readonly steps: number;
}

/** A residual of this share of the largest eigenvalue ends the iteration. */
const tolerance = 2 ** -44;
/** Most steps worth trying; a flat spectrum that needs more is cheaper to reduce as a whole. */
export const lanczosSteps = (d: number, count: number): number => Math.min(Math.floor(d / 2), 6 * count + 160);

/**
 * Lanczos iteration with full reorthogonalisation (Parlett, The Symmetric Eigenvalue Problem, 13; Gram-Schmidt twice) for the `count`
 * largest eigenpairs of a symmetric positive semidefinite [d, d], lower triangle read. A start vector cannot see copies of a repeated
 * eigenvalue: the caller must check that none was missed. Returns undefined when the basis ends early or when `lanczosSteps` are not
 * enough.
 */
export async function lanczos(
  wasm: WasmKernels,
  a: Float64Array,
  d: number,
  count: number,
  turn: () => Promise<void>,
): Promise<LanczosPairs | undefined> {
  const most = lanczosSteps(d, count) + 1;
  wasm.layout(8 * (d * d + most * d + d + most), 4);
  const [r, q, w, h] = [wasm.take(8 * d * d), wasm.take(8 * most * d), wasm.take(8 * d), wasm.take(8 * most)];
  wasm.doubles(r, d * d).set(a);
  const basis = wasm.doubles(q, most * d);
  const next = wasm.doubles(w, d);
  const coefficients = wasm.doubles(h, most);
  const diagonal = new Float64Array(most);
  const offDiagonal = new Float64Array(most);

  /** Makes `next` orthogonal to the first m rows; the first pass leaves its coefficients in `coefficients`. */
  const orthogonalise = (m: number): number => {
    wasm.run.timesRows(q, m, d, w, h);
    const along = coefficients[m - 1]!;
    wasm.run.subtractRows(q, m, d, h, w);
    wasm.run.timesRows(q, m, d, w, h);
    wasm.run.subtractRows(q, m, d, h, w);
    return along + coefficients[m - 1]!;
  };
  const append = (m: number): number => {
    const norm = Math.hypot(...chunkNorms(next));
    for (let i = 0; i < d; i++) basis[m * d + i] = next[i]! / norm;
    return norm;
  };

  next.set(normals(createRandom(1, 'lanczos'), d));
  append(0);
  let nextCheck = 2 * count + 32;
  let largest = 0;
  for (let m = 1; m <= most - 1; m++) {
    wasm.run.symmetricTimes(r, d, 8 * d, q + 8 * (m - 1) * d, w);
    diagonal[m - 1] = orthogonalise(m);
    const beta = append(m);
    offDiagonal[m - 1] = beta;
    largest = Math.max(largest, Math.abs(diagonal[m - 1]!));
    if (!(beta > tolerance * largest)) return undefined;
    if (m % 32 === 0) await turn();
    if (m !== Math.min(nextCheck, most - 1)) continue;
    nextCheck = Math.ceil(1.2 * m);
    const band = { diagonal: diagonal.subarray(0, m), offDiagonal: offDiagonal.subarray(0, m - 1) };
    const values = largestEigenvalues(band, count);
    const vectors = eigenvectors(band, values);
    if (!vectors.subarray((m - 1) * count).every((last) => Math.abs(last) * beta <= tolerance * values[0]!)) continue;
    return { values, coefficients: vectors, basis: basis.subarray(0, m * d), steps: m };
  }
  return undefined;
}

/** Norms of pieces: squares of a long vector of tiny or huge numbers stay in range, and `hypot` takes few arguments. */
function chunkNorms(v: Float64Array): number[] {
  const norms: number[] = [];
  for (let from = 0; from < v.length; from += 512) {
    let largest = 0;
    const end = Math.min(v.length, from + 512);
    for (let i = from; i < end; i++) largest = Math.max(largest, Math.abs(v[i]!));
    let square = 0;
    if (largest > 0) for (let i = from; i < end; i++) square += (v[i]! / largest) ** 2;
    norms.push(largest * Math.sqrt(square));
  }
  return norms;
}
