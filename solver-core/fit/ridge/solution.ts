import type { RidgeSolution } from '../backend.ts';
import type { Centring, RidgeStatistics } from './statistics.ts';

/** Weights of all columns and the bias, in the units of the data. */
export interface Weights {
  /** [d, k] row-major, zeros in the rows of dead columns. */
  readonly w: Float64Array;
  /** [k] */
  readonly b: Float64Array;
}

/** Puts the weights of the live columns, [live, k], back into their places and adds the bias ȳ − μᵀW (zero when nothing was centred). */
export function expandWeights(statistics: Centring, liveWeights: Float64Array): Weights {
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

/** The answer when no column carries information: the mean of the targets (0 without a bias). */
export function constantSolution(statistics: Centring & Pick<RidgeStatistics, 'dead'>, lambda: number): RidgeSolution {
  return {
    ...expandWeights(statistics, new Float64Array(0)),
    lambda,
    conditionEstimate: null,
    relativeResidual: 0,
    refinementPasses: 0,
    deadInputs: statistics.dead,
    engine: null,
    method: 'every input is constant: the answer is the mean of the targets',
  };
}
