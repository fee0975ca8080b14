import type { PricedChoice } from '../select/allowed.ts';
import { pricedChoice } from '../select/allowed.ts';
import { fullRangeScales } from '../select/scales.ts';
import type { SelectLayer, StoredLayer } from '../select/types.ts';

/** Values that a layer's weights may take: increasing integers, 0 among them. */
export type ValueSet = Int16Array;

/** Chooses the nearest value of a set: no value has a price. */
export function nearestIn(set: ValueSet): PricedChoice {
  return pricedChoice(set, new Float64Array(255));
}

/** [groups·k] symmetric step of each output from its largest weight; 1 for an output whose weights are all 0. */
export function scalesOf({ weights, inputs: d, outputs: k, groups }: SelectLayer, bits: 4 | 8): Float64Array {
  const ofGroup = (g: number): Float64Array => fullRangeScales(weights.subarray(g * d * k, (g + 1) * d * k), d, k, bits);
  return Float64Array.from(Array.from({ length: groups }, (_, g) => [...ofGroup(g)]).flat(), (scale) => (scale === 0 ? 1 : scale));
}

/** The output, counted over all groups, of weight number `at` of [groups, d, k]. */
export function outputOf(at: number, d: number, k: number): number {
  return Math.floor(at / (d * k)) * k + (at % k);
}

/** Weights [groups, d, k] at the nearest values of a set. */
export function roundedLayer(
  { id, inputs: d, outputs: k }: SelectLayer,
  weights: Float64Array,
  stored: { readonly bits: 4 | 8; readonly set: ValueSet; readonly scales: Float64Array; readonly biasChange: Float64Array },
): StoredLayer {
  const { bits, set, scales, biasChange } = stored;
  const nearest = nearestIn(set);
  const integers = Int8Array.from(weights, (w, at) => nearest.best(w / scales[outputOf(at, d, k)]!, 1));
  return { id, bits, integers, scales, biasChange };
}
