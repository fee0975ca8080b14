import type { Numerics } from '../../fit/numerics.ts';
import type { RidgeSums } from '../../fit/ridge/sums.ts';

/** The quadratic form that a group's weights are chosen by: ‖Y − XQ‖² up to a constant. */
export interface GroupGoal {
  /** [d, d] both triangles, undamped: XᵀX, centred when a bias takes up the mean; 0 on the diagonal of inputs that say nothing. */
  readonly gram: Float64Array;
  /** [d, k] the weights that the rows ask for, held near the layer's own where the rows say little. */
  readonly target: Float64Array;
}

/**
 * Weights W* = (H + λI)⁻¹(C + λW) with H = XᵀX of the inputs as they are now and C = XᵀY of the outputs as they were: what the layers
 * below lost is made up for where it can be (the sums are those of a ridge problem whose prior is the layer's own weights). λ is
 * `damping` times the mean diagonal of H. Undefined when H is not positive definite in spite of the damping.
 */
export async function groupGoal(
  numerics: Numerics,
  sums: RidgeSums,
  gram: Float64Array,
  own: Float64Array,
  bias: boolean,
  damping: number,
): Promise<GroupGoal | undefined> {
  const { columns: d, outputs: k, rows } = sums;
  const h = new Float64Array(d * d);
  for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) h[i * d + j] = h[j * d + i] = gram[i * d + j]!;
  const live = Array.from({ length: d }, (_, i) => i).filter((i) => h[i * (d + 1)]! > 0);
  const target = own.slice();
  const m = live.length;
  if (m === 0) return { gram: h, target };
  const lambda = (damping * live.reduce((sum, i) => sum + h[i * (d + 1)]!, 0)) / m;
  const damped = new Float64Array(m * m);
  const right = new Float64Array(m * k);
  live.forEach((i, a) => {
    live.forEach((j, b) => (damped[a * m + b] = h[i * d + j]! + (a === b ? lambda : 0)));
    for (let n = 0; n < k; n++) {
      const mean = bias ? (sums.sumX[i]! * sums.sumY[n]!) / rows : 0;
      right[a * k + n] = sums.cross[i * k + n]! - mean + lambda * own[i * k + n]!;
    }
  });
  const factor = await numerics.factor(damped, m);
  if ('failedPivot' in factor) return undefined;
  const solved = await factor.solve(right, k);
  live.forEach((i, a) => target.set(solved.subarray(a * k, (a + 1) * k), i * k));
  return { gram: h, target };
}

/** [k] what the bias gains so that the mean output of the steering rows stays: mean(Y) − mean(X)·Q. Zeros without a bias. */
export function meanChange(sums: RidgeSums, weights: Float64Array, bias: boolean): Float64Array {
  const { columns: d, outputs: k, rows, sumX, sumY } = sums;
  const change = new Float64Array(k);
  if (!bias || rows === 0) return change;
  for (let n = 0; n < k; n++) change[n] = sumY[n]! / rows;
  for (let i = 0; i < d; i++) for (let n = 0; n < k; n++) change[n] = change[n]! - (sumX[i]! / rows) * weights[i * k + n]!;
  return change;
}
