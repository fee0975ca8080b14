import { popcount } from './groups.ts';
import { transitionRows } from './streams.ts';
import type { IntegerLayer } from './types.ts';

/** Inputs of a layer sorted by how much they change. */
export interface InputClasses {
  /** [d] class of each input; 0: always zero. */
  readonly inputClass: Uint8Array;
  /** Classes, the one of the inputs that are always zero included, whether or not there are any. */
  readonly classes: number;
}

/** Classes of the inputs that are not always zero. */
const activeClasses = 4;

/**
 * Activity classes of a layer's inputs: class 0 holds those that are always 0; the others are sorted by the bits of the activation that
 * change per step and cut into four parts of equal size (fewer where there are fewer inputs). Without classes, a table credits savings
 * to inputs that never move (method 5.5, trap 2).
 */
export function inputClasses(layer: IntegerLayer): InputClasses {
  const { d } = layer;
  const inputClass = new Uint8Array(d);
  const activity = inputActivity(layer);
  const active = Array.from(activity.keys()).filter((k) => !isAlwaysZero(layer, k));
  active.sort((a, b) => activity[a]! - activity[b]! || a - b);
  const parts = Math.min(activeClasses, active.length);
  active.forEach((k, at) => (inputClass[k] = 1 + Math.floor((at * parts) / active.length)));
  return { inputClass, classes: 1 + parts };
}

/** [d] mean number of bits of the activation that change from one row to the next. */
export function inputActivity(layer: IntegerLayer): Float64Array {
  const { d, activations } = layer;
  const activity = new Float64Array(d);
  const moments = transitionRows(layer);
  for (const row of moments) {
    for (let k = 0; k < d; k++) activity[k]! += popcount(activations[row * d + k]! ^ activations[(row - 1) * d + k]!);
  }
  return activity.map((bits) => (moments.length === 0 ? 0 : bits / moments.length));
}

function isAlwaysZero({ d, rows, activations }: IntegerLayer, k: number): boolean {
  for (let row = 0; row < rows; row++) if (activations[row * d + k] !== 0) return false;
  return true;
}
