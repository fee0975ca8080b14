import { quantising } from '../quantise.ts';
import { bestPulled } from './allowed.ts';
import type { PricedChoice } from './allowed.ts';

/** What a search for steps works on: the weights of one group, each with the curvature of its own error. */
export interface ScaleSearch {
  /** [d, k] */
  readonly weights: Float64Array;
  readonly d: number;
  readonly k: number;
  /** [d] what a unit of squared error of an input's weight costs once the inputs after it have taken over what they can. */
  readonly importance: Float64Array;
  readonly choices: readonly PricedChoice[];
  readonly inputClass: Uint8Array;
  /** [k] loss per unit of squared error. */
  readonly weight: Float64Array;
  readonly largest: number;
  /** See ValueRule. */
  readonly perSquare: Float64Array | undefined;
}

/** One step per output, from its largest weight; bits: 4 or 8 (see quantise.ts). */
export function fullRangeScales(weights: Float64Array, d: number, k: number, bits: 4 | 8): Float64Array {
  return quantising(weights, d, k, bits).scales;
}

/** Steps tried: from one that cuts the largest weight to 60 % to one that gives it the integer 3, each larger by two fifths. */
const stepGrowth = 1.4;
const finest = 0.6;
const leastLevels = 3;

/**
 * The step of each output that makes Σ weight·importance·(w − s·v)² + price(v) smallest, every weight taking its best value: coarser steps
 * have fewer and cheaper values and lose more. `from`: steps of the full range, see fullRangeScales; the answer is never 0 where it is not.
 */
export function searchScales(search: ScaleSearch, from: Float64Array): Float64Array {
  const { weights, d, k, importance, choices, inputClass, weight, largest, perSquare } = search;
  const factors: number[] = [];
  for (let f = finest; f < largest / leastLevels; f *= stepGrowth) factors.push(f);
  return from.map((full, n) => {
    let [best, least] = [full, Infinity];
    for (const factor of [1, ...factors]) {
      const scale = full * factor;
      let cost = 0;
      for (let i = 0; i < d && cost < least; i++) {
        const choice = choices[inputClass[i]!]!;
        const curvature = weight[n]! * scale * scale * importance[i]!;
        const at = weights[i * k + n]! / scale;
        const pull = perSquare?.[i * k + n] ?? 0;
        const value = bestPulled(choice, at, curvature, pull);
        cost += curvature * (at - value) ** 2 + pull * value * value + choice.price(value);
      }
      if (cost < least) [best, least] = [scale, cost];
    }
    return best;
  });
}
