import type { Numerics } from '../fit/numerics.ts';

/** Columns per block: inside a block weights are corrected one input at a time, behind it by one product (numerics reference 7.2). */
const blockSize = 64;

/**
 * Decides the stored values of the weights, one block of inputs after another. Weights arrive already corrected for the errors of the
 * inputs before them.
 */
export interface Chooser {
  /**
   * Called when a block starts. inputs: its input numbers; w: [inputs, k] the weights, importance: [inputs] 1/U_ii² (what a unit of
   * squared error of that input costs). Returns how to choose: value(i, n, w) for input inputs[i] and output n.
   */
  block(inputs: readonly number[], w: Float64Array, importance: Float64Array): (i: number, n: number, w: number) => number;
}

export interface Compensation {
  /** [d, k] weights to change; not changed itself. */
  readonly weights: Float64Array;
  readonly d: number;
  readonly k: number;
  /** [d, d] H = XᵀX of the inputs, lower triangle (centred when a bias takes up the mean error). */
  readonly gram: Float64Array;
  /** Share of the mean diagonal that is added to the diagonal; 0.01 is GPTQ's. */
  readonly damping: number;
  readonly chooser: Chooser;
}

/**
 * Closed-form compensation (OBQ/GPTQ: Frantar et al., arXiv 2210.17323; Frantar and Alistarh, arXiv 2208.11580): inputs in the order of
 * falling diagonal of H; each takes its stored value, and the inputs after it take over the error: W[i:] -= U[i, i:]ᵀ·(w − q)/U_ii with
 * H⁻¹ = UᵀU. Inputs with H_ii = 0 get weight 0. Returns [d, k]; undefined when H is not positive definite in spite of the damping.
 */
export async function compensate(
  numerics: Numerics,
  { weights, d, k, gram, damping, chooser }: Compensation,
): Promise<Float64Array | undefined> {
  const order = liveInputs(gram, d);
  const m = order.length;
  const result = new Float64Array(d * k);
  if (m === 0 || k === 0) return result;
  const u = await inverseRoot(numerics, gram, d, order, damping);
  if (u === undefined) return undefined;
  const w = new Float64Array(m * k);
  order.forEach((input, i) => w.set(weights.subarray(input * k, (input + 1) * k), i * k));
  for (let start = 0; start < m; start += blockSize) {
    const end = Math.min(m, start + blockSize);
    const errors = compensateBlock(w, u, m, k, start, end, order, chooser);
    if (end === m) break;
    const rest = m - end;
    const right = new Float64Array((end - start) * rest);
    for (let i = start; i < end; i++) right.set(u.subarray(i * m + end, (i + 1) * m), (i - start) * rest);
    const change = await numerics.multiply({ a: right, b: errors, m: rest, k: end - start, n: k, transposeA: true });
    for (let at = 0; at < change.length; at++) w[end * k + at] = w[end * k + at]! - change[at]!;
  }
  order.forEach((input, i) => result.set(w.subarray(i * k, (i + 1) * k), input * k));
  return result;
}

/** Inputs whose diagonal is above 0, by falling diagonal; equal ones by number. */
export function liveInputs(gram: Float64Array, d: number): number[] {
  return Array.from({ length: d }, (_, i) => i)
    .filter((i) => gram[i * d + i]! > 0)
    .sort((a, b) => gram[b * d + b]! - gram[a * d + a]! || a - b);
}

/**
 * [d] 1/U_ii² for inputs in the order of compensation: what a unit of squared error of an input's weight costs once the inputs after it
 * have taken over what they can; 0 for inputs with H_ii = 0. Undefined when H is not positive definite in spite of the damping.
 */
export async function inverseDiagonal(
  numerics: Numerics,
  gram: Float64Array,
  d: number,
  damping: number,
): Promise<Float64Array | undefined> {
  const order = liveInputs(gram, d);
  const result = new Float64Array(d);
  const u = order.length === 0 ? new Float64Array(0) : await inverseRoot(numerics, gram, d, order, damping);
  if (u === undefined) return undefined;
  order.forEach((input, i) => (result[input] = u[i * (order.length + 1)]! ** -2));
  return result;
}

/** U upper with H⁻¹ = UᵀU of the damped, reordered H, [m, m]: reversed, H = L·Lᵀ, so U is the reversed L⁻¹. */
async function inverseRoot(
  numerics: Numerics,
  gram: Float64Array,
  d: number,
  order: readonly number[],
  damping: number,
): Promise<Float64Array | undefined> {
  const m = order.length;
  const mean = order.reduce((sum, i) => sum + gram[i * d + i]!, 0) / m;
  const h = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    const a = order[m - 1 - i]!;
    for (let j = 0; j <= i; j++) {
      const b = order[m - 1 - j]!;
      h[i * m + j] = a >= b ? gram[a * d + b]! : gram[b * d + a]!;
    }
    h[i * m + i] = h[i * m + i]! + damping * mean;
  }
  const factor = await numerics.factor(h, m);
  if ('failedPivot' in factor) return undefined;
  return (await factor.inverseLower()).reverse();
}

/** Chooses the values of one block and corrects the block behind each input; returns the scaled errors [end - start, k]. */
function compensateBlock(
  w: Float64Array,
  u: Float64Array,
  m: number,
  k: number,
  start: number,
  end: number,
  order: readonly number[],
  chooser: Chooser,
): Float64Array {
  const importance = Float64Array.from({ length: end - start }, (_, i) => u[(start + i) * (m + 1)]! ** -2);
  const choose = chooser.block(order.slice(start, end), w.slice(start * k, end * k), importance);
  const errors = new Float64Array((end - start) * k);
  for (let i = start; i < end; i++) {
    const pivot = u[i * m + i]!;
    const row = (i - start) * k;
    for (let n = 0; n < k; n++) {
      const value = choose(i - start, n, w[i * k + n]!);
      errors[row + n] = (w[i * k + n]! - value) / pivot;
      w[i * k + n] = value;
    }
    for (let j = i + 1; j < end; j++) {
      const factor = u[i * m + j]!;
      if (factor === 0) continue;
      for (let n = 0; n < k; n++) w[j * k + n] = w[j * k + n]! - factor * errors[row + n]!;
    }
  }
  return errors;
}
