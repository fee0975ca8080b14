import type { Numerics } from '../../fit/numerics.ts';
import type { RidgeSums } from '../../fit/ridge/sums.ts';
import type { ChangedWeights } from './ridge-sums.ts';

/** Which outputs of a joined problem go through a rectifier. */
export interface JoinedOutputs {
  /** Outputs of every layer, in order. */
  readonly widths: readonly number[];
  readonly rectified: readonly boolean[];
}

/**
 * Sums with the targets of one majorisation step: where a target is 0 or less and its output goes through a rectifier, it becomes
 * min(what the weights give now, 0): results below zero are as good as the target. The objective Σ (target > 0 ? y − target : max(y, 0))²
 * never rises by solving for them. `chunks`: all rows behind the sums, [n, d] and [n, k]. O(rows · d · k).
 */
export async function rectifiedTargets(
  numerics: Numerics,
  sums: RidgeSums,
  chunks: readonly { readonly x: Float32Array; readonly y: Float32Array }[],
  { weights, bias }: ChangedWeights,
  { widths, rectified }: JoinedOutputs,
): Promise<RidgeSums> {
  const { columns: d, outputs: k } = sums;
  const passes = Uint8Array.from(widths.flatMap((width, i) => Array.from({ length: width }, () => (rectified[i] === true ? 1 : 0))));
  const cross = new Float64Array(d * k);
  const sumY = new Float64Array(k);
  const squareY = new Float64Array(k);
  for (const { x, y } of chunks) {
    const m = x.length / d;
    const inputs = Float64Array.from(x);
    const results = await numerics.multiply({ a: inputs, b: weights, m, k: d, n: k });
    for (let row = 0, at = 0; row < m; row++) {
      for (let o = 0; o < k; o++, at++) {
        const target = y[at]!;
        const moved = passes[o] === 1 && target <= 0 ? Math.min(results[at]! + bias[o]!, 0) : target;
        results[at] = moved;
        sumY[o] = sumY[o]! + moved;
        squareY[o] = squareY[o]! + moved * moved;
      }
    }
    const part = await numerics.multiply({ a: inputs, b: results, m: d, k: m, n: k, transposeA: true });
    for (let i = 0; i < part.length; i++) cross[i] = cross[i]! + part[i]!;
  }
  return { ...sums, cross, sumY, squareY };
}
