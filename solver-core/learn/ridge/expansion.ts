import type { Numerics } from '../../fit/numerics.ts';
import { createRandom, normals } from '../../fit/prng.ts';
import type { LearnRows } from '../learner.ts';

/**
 * A fixed random layer x·w + b before the non-linearity (method 3.5). The scaling of the inputs is folded in, and the values are
 * those of float32, so that a model which holds them computes the same features.
 */
export interface Expansion {
  readonly inputs: number;
  readonly features: number;
  /** [inputs, features], float32 values. */
  readonly w: Float64Array;
  /** [features], float32 values. */
  readonly b: Float64Array;
}

/**
 * Draws the layer for inputs scaled by the first rows: minus each column's mean, over one common deviation (root mean square about
 * the means). One scale for all columns, because a column that is nearly constant in the first rows may vary later.
 * Weights N(0, 1/inputs), biases N(0, 0.01), as in benchmark B1.
 */
export function drawExpansion(first: LearnRows, inputs: number, features: number, seed: number): Expansion {
  const { mean, scale } = scaling(first, inputs);
  const w = normals(createRandom(seed, 'expansion'), inputs * features);
  const b = normals(createRandom(seed, 'expansion-bias'), features);
  const unit = 1 / (Math.sqrt(inputs) * scale);
  for (let i = 0; i < w.length; i++) w[i] = Math.fround(w[i]! * unit);
  for (let j = 0; j < features; j++) b[j] = 0.1 * b[j]!;
  for (let i = 0; i < inputs; i++) for (let j = 0; j < features; j++) b[j] = b[j]! - mean[i]! * w[i * features + j]!;
  for (let j = 0; j < features; j++) b[j] = Math.fround(b[j]!);
  return { inputs, features, w, b };
}

/** x·w + b, [rows, features]; x: [rows, inputs]. */
export async function expanded(
  { inputs, features, w, b }: Expansion,
  x: Float64Array,
  rows: number,
  numerics: Numerics,
): Promise<Float64Array> {
  const z = await numerics.multiply({ a: x, b: w, m: rows, k: inputs, n: features });
  for (let r = 0; r < rows; r++) for (let j = 0; j < features; j++) z[r * features + j] = z[r * features + j]! + b[j]!;
  return z;
}

function scaling({ rows, x }: LearnRows, inputs: number): { readonly mean: Float64Array; readonly scale: number } {
  const mean = new Float64Array(inputs);
  for (let r = 0; r < rows; r++) for (let i = 0; i < inputs; i++) mean[i] = mean[i]! + x[r * inputs + i]! / rows;
  let squares = 0;
  for (let r = 0; r < rows; r++) for (let i = 0; i < inputs; i++) squares += (x[r * inputs + i]! - mean[i]!) ** 2;
  const deviation = Math.sqrt(squares / (rows * inputs));
  return { mean, scale: deviation > 0 ? deviation : 1 };
}
