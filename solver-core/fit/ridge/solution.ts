import type { RidgeStatistics } from './statistics.ts';

/** Weights of all columns and the bias, in the units of the data. */
export interface Weights {
  /** [d, k] row-major, zeros in the rows of dead columns. */
  readonly w: Float64Array;
  /** [k] */
  readonly b: Float64Array;
}

/** Puts the weights of the live columns, [live, k], back into their places and adds the bias ȳ − μᵀW (zero when nothing was centred). */
export function expandWeights(statistics: RidgeStatistics, liveWeights: Float64Array): Weights {
  const { live, columns, outputs: k, centreX, centreY } = statistics;
  const w = new Float64Array(columns * k);
  const b = Float64Array.from(centreY);
  for (let j = 0; j < live.length; j++) {
    const to = live[j]! * k;
    for (let o = 0; o < k; o++) {
      const v = liveWeights[j * k + o]!;
      w[to + o] = v;
      b[o] = b[o]! - centreX[j]! * v;
    }
  }
  return { w, b };
}
