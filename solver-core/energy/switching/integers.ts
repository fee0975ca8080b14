/** How the numbers of one tensor become unsigned bytes: value = scale · (byte − zeroPoint). */
export interface ActivationScale {
  /** Above 0. */
  readonly scale: number;
  /** 0..255; 0 for tensors that are never negative. */
  readonly zeroPoint: number;
}

/** Weights of a layer as integers: weight = scales[n] · integers[i, n]. */
export interface IntegerWeights {
  /** [d, k] row-major, -largest..largest. */
  readonly integers: Int8Array;
  /** [k] step of each output; 0 for an output whose weights are all 0. */
  readonly scales: Float32Array;
}

/**
 * The unsigned 8-bit scale of a tensor whose values lie in [low, high], by its smallest and largest value (no percentile): zero point 0
 * where nothing is negative, else an asymmetric one. 0 is always among the values, so that padding and ReLU stay exact. A range that is
 * empty or not finite gives scale 1.
 */
export function activationScale(low: number, high: number): ActivationScale {
  const least = Math.min(0, low);
  const most = Math.max(0, high);
  const scale = Math.fround((most - least) / 255);
  if (!(scale > 0) || !Number.isFinite(scale)) return { scale: 1, zeroPoint: 0 };
  return { scale, zeroPoint: least === 0 ? 0 : Math.min(255, Math.max(0, roundHalfEven(-least / scale))) };
}

/**
 * Writes `x` as bytes to `into` from `at` on, as ONNX QuantizeLinear does: x / scale in float32, to the nearest integer, halves to even,
 * plus the zero point, saturated to 0..255. NaN becomes 0.
 */
export function quantiseActivations(x: ArrayLike<number>, { scale, zeroPoint }: ActivationScale, into: Uint8Array, at = 0): void {
  for (let i = 0; i < x.length; i++) {
    const byte = roundHalfEven(Math.fround(x[i]! / scale)) + zeroPoint;
    into[at + i] = byte >= 255 ? 255 : byte > 0 ? byte : 0;
  }
}

/**
 * Weights [d, k] as the nearest of 2·largest + 1 symmetric steps per output, halves away from zero; the step of an output comes from its
 * largest weight. `largest`: 127 for 8 bits (the default), 7 for 4 bits.
 */
export function integerWeights(weights: ArrayLike<number>, d: number, k: number, largest = 127): IntegerWeights {
  const scales = new Float32Array(k);
  for (let i = 0; i < d; i++) for (let n = 0; n < k; n++) scales[n] = Math.max(scales[n]!, Math.abs(weights[i * k + n]!));
  for (let n = 0; n < k; n++) scales[n] = scales[n]! / largest;
  const integers = new Int8Array(d * k);
  for (let i = 0; i < d; i++) {
    for (let n = 0; n < k; n++) {
      const weight = weights[i * k + n]!;
      const scale = scales[n]!;
      if (scale === 0) continue;
      const steps = Math.min(largest, Math.floor(Math.abs(weight) / scale + 0.5));
      integers[i * k + n] = weight < 0 ? -steps : steps;
    }
  }
  return { integers, scales };
}

/** The nearest integer, halves to even (IEEE 754 roundTiesToEven), for numbers below 2^52. */
function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return rest < 0.5 ? down : down + 1;
  return down % 2 === 0 ? down : down + 1;
}
