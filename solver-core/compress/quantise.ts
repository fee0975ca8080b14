import { assert } from '../model/error.ts';
import type { Chooser } from './compensate.ts';

/** Symmetric integers per output: value = scale · integer, integers of `bits` bits without the most negative one. */
export interface Quantising extends Chooser {
  /** [k] step of each output; 0 for an output whose weights are all 0. */
  readonly scales: Float64Array;
  /** Largest integer, 2^(bits-1) - 1. */
  readonly largest: number;
}

/**
 * Round to the nearest of 2^bits - 1 steps; one step per output, from its largest weight. weights: [d, k]; bits: 2..16.
 * Rounding: to the nearest integer, halves away from zero, clamped.
 */
export function quantising(weights: Float64Array, d: number, k: number, bits: number): Quantising {
  assert(Number.isInteger(bits) && bits >= 2 && bits <= 16, `weights cannot have ${bits} bits; 2 to 16 are possible`);
  const largest = 2 ** (bits - 1) - 1;
  const scales = new Float64Array(k);
  for (let i = 0; i < d; i++) for (let n = 0; n < k; n++) scales[n] = Math.max(scales[n]!, Math.abs(weights[i * k + n]!));
  for (let n = 0; n < k; n++) scales[n] = scales[n]! / largest;
  const nearest = (n: number, w: number): number => {
    const scale = scales[n]!;
    if (scale === 0) return 0;
    const steps = Math.min(largest, Math.floor(Math.abs(w) / scale + 0.5));
    return w < 0 ? -scale * steps : scale * steps;
  };
  return { scales, largest, block: () => (_i, n, w) => nearest(n, w) };
}
