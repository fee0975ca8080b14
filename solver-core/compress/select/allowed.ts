import { assert } from '../../model/error.ts';
import type { Chooser } from '../compensate.ts';
import type { AllowedValues } from './types.ts';

/** Largest integer of a width: 127 or 7. */
export const largestInteger = (bits: 4 | 8): number => 2 ** (bits - 1) - 1;

/**
 * The integers that weights may be, increasing; always with 0. `set`: a learned set, see learned-set.ts; here it is every integer of the
 * width, from which it is learned. Powers of two: 0, ±1, ±2, ±4 … ±64 (±4 for 4 bits).
 */
export function allowedIntegers(values: AllowedValues, bits: 4 | 8): Int16Array {
  const largest = largestInteger(bits);
  const all = Array.from({ length: 2 * largest + 1 }, (_, i) => i - largest);
  return Int16Array.from(values.kind === 'powers-of-two' ? all.filter((v) => v === 0 || Number.isInteger(Math.log2(Math.abs(v)))) : all);
}

/** Values with a price each: what a weight costs beside its error. Made once per activity class, asked once per weight. */
export interface PricedChoice {
  /**
   * The value v of the set that makes curvature · (at − v)² + price(v) smallest; `at` in integers. The nearest value wins ties; of two
   * that are equally near, the one further from 0.
   */
  best(at: number, curvature: number): number;
  /** price(v), for a value of the set. */
  price(value: number): number;
}

/** values: increasing, from -127..127; prices: [255] at v + 127, not negative. */
export function pricedChoice(values: Int16Array, prices: Float64Array): PricedChoice {
  assert(values.length > 0, 'a set of values is empty');
  const nearest = nearestTable(values);
  const priceAt = Float64Array.from(values, (v) => prices[v + 127]!);
  const cheapest = priceAt.reduce((low, p) => Math.min(low, p), Infinity);
  const last = values.length - 1;
  const zero = values.indexOf(0);
  const nearestIndex = (at: number): number => {
    const rounded = Math.max(-127, Math.min(127, at < 0 ? -Math.floor(0.5 - at) : Math.floor(at + 0.5)));
    const found = nearest[rounded + 127]!;
    // The table is right for integers; between them a neighbour may be nearer. A tie goes to the value that is further from 0.
    let index = found;
    for (const other of [found - 1, found + 1]) {
      if (other < 0 || other > last) continue;
      const gain = Math.abs(at - values[index]!) - Math.abs(at - values[other]!);
      if (gain > 0 || (gain === 0 && Math.abs(values[other]!) > Math.abs(values[index]!))) index = other;
    }
    return index;
  };
  return {
    price: (value) => prices[value + 127]!,
    best(at, curvature) {
      const start = nearestIndex(at);
      let index = start;
      let cost = curvature * (at - values[start]!) ** 2 + priceAt[start]!;
      // 0 is often the best: looked at first, it ends the search early.
      if (zero >= 0 && curvature * at * at + priceAt[zero]! < cost) [index, cost] = [zero, curvature * at * at + priceAt[zero]!];
      for (let i = start - 1; i >= 0; i--) {
        const error = curvature * (at - values[i]!) ** 2;
        if (error + cheapest >= cost) break;
        if (error + priceAt[i]! < cost) [index, cost] = [i, error + priceAt[i]!];
      }
      for (let i = start + 1; i <= last; i++) {
        const error = curvature * (at - values[i]!) ** 2;
        if (error + cheapest >= cost) break;
        if (error + priceAt[i]! < cost) [index, cost] = [i, error + priceAt[i]!];
      }
      return values[index]!;
    },
  };
}

/** [255] index of the nearest value of the set for every integer. */
function nearestTable(values: Int16Array): Uint8Array {
  const table = new Uint8Array(255);
  let at = 0;
  for (let v = -127; v <= 127; v++) {
    while (at + 1 < values.length && Math.abs(values[at + 1]! - v) <= Math.abs(values[at]! - v)) at++;
    table[v + 127] = at;
  }
  return table;
}

/** What the choice of one group's weights is made by. */
export interface ValueRule {
  /** By activity class. */
  readonly choices: readonly PricedChoice[];
  /** [d] */
  readonly inputClass: Uint8Array;
  /** [k] step of each output. */
  readonly scales: Float64Array;
  /** [k] loss per unit of squared error summed over the rows, in the unit of the prices. */
  readonly weight: Float64Array;
  /** [d, k] price per squared integer beside that of the choices; undefined: none. */
  readonly perSquare: Float64Array | undefined;
}

/** The value that makes curvature·(at − v)² + pull·v² + price(v) smallest; completing the square leaves a choice without the pull. */
export function bestPulled(choice: PricedChoice, at: number, curvature: number, pull: number): number {
  return pull === 0 ? choice.best(at, curvature) : choice.best((at * curvature) / (curvature + pull), curvature + pull);
}

/** A chooser of compensated weights: the value that makes weight · error² · importance + price smallest (method 5.4, 10.2). */
export function energyChooser({ choices, inputClass, scales, weight, perSquare }: ValueRule): Chooser {
  const k = scales.length;
  return {
    block: (inputs, _w, importance) => (i, n, w) => {
      const scale = scales[n]!;
      if (scale === 0) return 0;
      const input = inputs[i]!;
      const curvature = weight[n]! * scale * scale * importance[i]!;
      const value = bestPulled(choices[inputClass[input]!]!, w / scale, curvature, perSquare?.[input * k + n] ?? 0);
      return value < 0 ? -scale * -value : scale * value;
    },
  };
}
