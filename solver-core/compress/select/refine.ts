import { bestPulled } from './allowed.ts';
import type { ValueRule } from './allowed.ts';

/** Weights as integers of a step each. */
export interface Integers {
  /** [d, k] */
  readonly values: Int16Array;
  /** [k] */
  readonly scales: Float64Array;
}

/** A layer's group while its weights are refined. */
export interface Refinement {
  readonly d: number;
  readonly k: number;
  /** [d, d] both triangles, summed over the rows, damped; 0 on the diagonal of inputs that say nothing. */
  readonly h: Float64Array;
  /** [d, k] what the weights should be. */
  readonly target: Float64Array;
  readonly rule: ValueRule;
  /** Whether steps are refitted too. */
  readonly scales: boolean;
  /** Passes over the weights at most. */
  readonly sweeps: number;
}

/**
 * Makes weight·(w − q)ᵀH(w − q) + Σ price(v) smaller, one weight after another: each takes the value that is best while the others stay,
 * and every other pass the step of each output becomes its least-squares one, (vᵀHw)/(vᵀHv). Never makes the sum larger. The start is
 * not changed.
 */
export function refineIntegers(refinement: Refinement, start: Integers): Integers {
  const { d, k, h, target, rule } = refinement;
  const values = start.values.slice();
  const scales = start.scales.slice();
  const column = new Float64Array(d);
  const slope = new Float64Array(d);
  for (let n = 0; n < k; n++) {
    for (let i = 0; i < d; i++) column[i] = values[i * k + n]!;
    let scale = scales[n]!;
    if (!(scale > 0)) continue;
    const setSlope = (): void => {
      for (let i = 0; i < d; i++) slope[i] = 0;
      for (let j = 0; j < d; j++) {
        const off = scale * column[j]! - target[j * k + n]!;
        if (off !== 0) for (let i = 0; i < d; i++) slope[i] = slope[i]! + h[j * d + i]! * off;
      }
    };
    setSlope();
    for (let sweep = 0; sweep < refinement.sweeps; sweep++) {
      const changed = sweepOutput(h, d, column, slope, scale, rule, n);
      const fitted = refinement.scales ? fittedScale(h, d, column, target, k, n) : null;
      const moves = fitted !== null && Math.abs(fitted / scale - 1) > leastScaleChange;
      if (fitted !== null && moves) {
        scale = fitted;
        setSlope();
      }
      if (changed === 0 && !moves) break;
    }
    scales[n] = scale;
    for (let i = 0; i < d; i++) values[i * k + n] = column[i]!;
  }
  return { values, scales };
}

/** Smaller changes of a step move no weight worth the pass. */
const leastScaleChange = 1e-4;

/** One pass over an output's weights; returns how many changed. slope: H(q − w), kept up. */
function sweepOutput(
  h: Float64Array,
  d: number,
  column: Float64Array,
  slope: Float64Array,
  scale: number,
  { choices, inputClass, weight, perSquare, scales }: ValueRule,
  n: number,
): number {
  const k = scales.length;
  let changed = 0;
  for (let i = 0; i < d; i++) {
    const diagonal = h[i * (d + 1)]!;
    if (diagonal === 0) continue;
    const now = column[i]!;
    const curvature = weight[n]! * diagonal * scale * scale;
    const best = bestPulled(choices[inputClass[i]!]!, now - slope[i]! / (diagonal * scale), curvature, perSquare?.[i * k + n] ?? 0);
    if (best === now) continue;
    changed++;
    column[i] = best;
    const step = (best - now) * scale;
    const row = i * d;
    for (let j = 0; j < d; j++) slope[j] = slope[j]! + step * h[row + j]!;
  }
  return changed;
}

/** (vᵀHw)/(vᵀHv): the step with the least error for these integers; null for integers that are all 0, or that point away. */
function fittedScale(h: Float64Array, d: number, column: Float64Array, target: Float64Array, k: number, n: number): number | null {
  let along = 0;
  let size = 0;
  for (let i = 0; i < d; i++) {
    const v = column[i]!;
    if (v === 0) continue;
    let wanted = 0;
    let own = 0;
    for (let j = 0; j < d; j++) {
      wanted += h[i * d + j]! * target[j * k + n]!;
      own += h[i * d + j]! * column[j]!;
    }
    along += v * wanted;
    size += v * own;
  }
  return size > 0 && along > 0 ? along / size : null;
}
