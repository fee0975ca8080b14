import type { RowChunk, RowSource, SolveContext } from '../backend.ts';
import type { Numerics } from '../numerics.ts';
import { centredGram, mirrorLower } from '../ridge/centred-sums.ts';
import type { RidgeSums } from '../ridge/sums.ts';
import type { LambdaCandidate } from './candidates.ts';

/** Every so many rows one is held out. */
export const holdOutEvery = 5;

/** The rows of a source that are held out (every fifth, beginning with the fifth), or the others. */
export function splitRows(source: RowSource, part: 'held-out' | 'kept'): RowSource {
  const heldOut = Math.floor(source.rows / holdOutEvery);
  const { columns, outputs } = source;
  return {
    rows: part === 'held-out' ? heldOut : source.rows - heldOut,
    columns,
    outputs,
    async *chunks(preferredRows?: number): AsyncGenerator<RowChunk> {
      let seen = 0;
      for await (const chunk of source.chunks(preferredRows)) {
        const chosen: number[] = [];
        for (let r = 0; r < chunk.rows; r++) {
          if ((++seen % holdOutEvery === 0) === (part === 'held-out')) chosen.push(r);
        }
        const x = new Float64Array(chosen.length * columns);
        const y = new Float64Array(chosen.length * outputs);
        chosen.forEach((r, at) => {
          x.set(chunk.x.subarray(r * columns, (r + 1) * columns), at * columns);
          y.set(chunk.y.subarray(r * outputs, (r + 1) * outputs), at * outputs);
        });
        if (chosen.length > 0) yield { rows: chosen.length, x, y };
      }
    },
  };
}

/**
 * Mean squared error on the held-out rows of the solution on the others, for λ = ρ · mean diagonal of *their* Gram; `lambda` of a
 * candidate is ρ · `meanDiagonal`, that of all rows. One eigendecomposition of [d, d] and O(d²k) per λ; two passes over the rows.
 */
export async function holdOut(
  source: RowSource,
  bias: boolean,
  ratios: readonly number[],
  meanDiagonal: number,
  numerics: Numerics,
  context: SolveContext,
): Promise<LambdaCandidate[]> {
  const kept = await numerics.sums(splitRows(source, 'kept'), context);
  const held = await numerics.sums(splitRows(source, 'held-out'), context);
  const { columns: d, outputs: k } = source;
  const centred = centredGram(kept, bias);
  mirrorLower(centred.gram, d);
  const { values, vectors } = await numerics.topEigenpairs(centred.gram, d, d);
  const rotate = async (b: Float64Array, n: number): Promise<Float64Array> =>
    numerics.multiply({ a: vectors, b, m: d, k: d, n, transposeA: true });
  // The held-out rows seen from the means of the kept ones, in the basis of the eigenvectors.
  const seen = recentred(held, centred.meanX, centred.meanY);
  const gram = await rotate(await numerics.multiply({ a: seen.gram, b: vectors, m: d, k: d, n: d }), d);
  const cross = await rotate(seen.cross, k);
  const right = await rotate(centred.cross, k);
  const candidates: LambdaCandidate[] = [];
  for (const ratio of ratios) {
    const shift = ratio * centred.meanDiagonal;
    const v = right.map((c, i) => c / (Math.max(0, values[Math.floor(i / k)]!) + shift));
    const predicted = await numerics.multiply({ a: gram, b: v, m: d, k: d, n: k });
    let error = seen.totalSquareY;
    for (let i = 0; i < v.length; i++) error += v[i]! * (predicted[i]! - 2 * cross[i]!);
    const score = Math.max(0, error) / held.rows;
    candidates.push({ ratio, lambda: ratio * meanDiagonal, score: Number.isFinite(score) ? score : Infinity });
  }
  return candidates;
}

/** Σ (x−μ)(x−μ)ᵀ [d, d] with both triangles, Σ (x−μ)(y−ν)ᵀ and Σ ‖y−ν‖², for any μ and ν. */
function recentred(
  sums: RidgeSums,
  mu: Float64Array,
  nu: Float64Array,
): { readonly gram: Float64Array; readonly cross: Float64Array; readonly totalSquareY: number } {
  const { rows: n, columns: d, outputs: k, sumX, sumY } = sums;
  const gram = Float64Array.from(sums.gram);
  const cross = Float64Array.from(sums.cross);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) gram[i * d + j] = gram[i * d + j]! - mu[i]! * sumX[j]! - sumX[i]! * mu[j]! + n * mu[i]! * mu[j]!;
    for (let o = 0; o < k; o++) cross[i * k + o] = cross[i * k + o]! - mu[i]! * sumY[o]! - sumX[i]! * nu[o]! + n * mu[i]! * nu[o]!;
  }
  mirrorLower(gram, d);
  let totalSquareY = 0;
  for (let o = 0; o < k; o++) totalSquareY += sums.squareY[o]! - 2 * nu[o]! * sumY[o]! + n * nu[o]! * nu[o]!;
  return { gram, cross, totalSquareY };
}
