import type { Numerics } from '../../fit/numerics.ts';
import { createRandom } from '../../fit/prng.ts';
import type { RidgeSums } from '../../fit/ridge/sums.ts';
import type { SolvedSums } from './solve-sums.ts';

/**
 * The R form (method 3.1) over features [z − offset, 1]: R = (G + λD)⁻¹ with D = 0 for the constant, so that the bias is not
 * penalised. The offset, fixed when the form is entered, keeps G well conditioned.
 */
export interface InverseForm {
  /** [d+1, d+1], both triangles. */
  readonly r: Float64Array;
  /** [d+1, k]; the last row is the bias at the offset. */
  readonly w: Float64Array;
  /** [d] */
  readonly offset: Float64Array;
  readonly lambda: number;
  /** Updates since it was entered. */
  readonly updates: number;
}

/** After so many updates R is made anew from the sums (method 3.1). */
const updatesPerSync = 1000;
/** R is compared with the sums every so many updates, on so many columns: below 2 % of the updates' own work. */
const updatesPerCheck = 64;
const checkedColumns = 8;
const largestDeviation = 1e-6;

/** Enters the form from a solve of the sums. O(d³/2). */
export async function enterInverse(sums: RidgeSums, solved: SolvedSums): Promise<InverseForm> {
  const { columns: d, outputs: k, rows } = sums;
  const { live, lambda, mean } = solved;
  const side = d + 1;
  const r = new Float64Array(side * side);
  // A column without variation so far: nothing but λ in its place.
  for (let j = 0; j < d; j++) r[j * side + j] = 1 / lambda;
  const inverse = solved.factor === null ? new Float64Array(0) : await solved.factor.inverse();
  for (let i = 0; i < live.length; i++) for (let j = 0; j < live.length; j++) r[live[i]! * side + live[j]!] = inverse[i * live.length + j]!;
  r[side * side - 1] = 1 / rows;
  const w = new Float64Array(side * k);
  w.set(solved.w);
  for (let o = 0; o < k; o++) {
    let bias = solved.b[o]!;
    for (let j = 0; j < d; j++) bias += mean[j]! * solved.w[j * k + o]!;
    w[d * k + o] = bias;
  }
  return { r, w, offset: mean, lambda, updates: 0 };
}

/**
 * Takes rows in (sign 1) or out (−1). x: [n, d] features, y: [n, k] targets. null: taking them out would lose too many digits, use
 * the sums. O(1.5·n·d² + 2·n·d·k).
 */
export async function updateInverse(
  form: InverseForm,
  x: Float64Array,
  y: Float64Array,
  n: number,
  sign: 1 | -1,
  numerics: Numerics,
): Promise<InverseForm | null> {
  const d = form.offset.length;
  const k = form.w.length / (d + 1);
  const rows = shifted(form, x, n);
  const outcome = await numerics.rankUpdate({ r: form.r, d: d + 1, rows, q: n, sign });
  if ('smallestPivot' in outcome) return null;
  const predicted = await numerics.multiply({ a: rows, b: form.w, m: n, k: d + 1, n: k });
  const innovation = y.map((v, i) => v - predicted[i]!);
  const step = await numerics.multiply({ a: outcome.gain, b: innovation, m: d + 1, k: n, n: k, alpha: sign });
  for (let i = 0; i < step.length; i++) step[i] = step[i]! + form.w[i]!;
  return { ...form, r: outcome.r, w: step, updates: form.updates + 1 };
}

/** True when the form is to be compared with the sums after this update, or made anew. */
export function isDue({ updates }: InverseForm): boolean {
  return updates >= updatesPerSync || (updates > 0 && updates % updatesPerCheck === 0);
}

/** True when the form has to be made anew from the sums: its turn has come, or ‖R(G+λD) − I‖ has grown. `sums`: of all rows in R. */
export async function isStale(form: InverseForm, sums: RidgeSums, numerics: Numerics): Promise<boolean> {
  if (form.updates >= updatesPerSync) return true;
  return isDue(form) && !((await inverseDeviation(form, sums, numerics)) <= largestDeviation);
}

/** Largest entry of R(G+λD) − I on some columns, chosen by the number of updates so that a resumed head chooses the same. O(8·d²). */
export async function inverseDeviation(form: InverseForm, sums: RidgeSums, numerics: Numerics): Promise<number> {
  const side = form.offset.length + 1;
  const random = createRandom(form.updates, 'inverse-check');
  const chosen = Array.from({ length: checkedColumns }, () => random.below(side));
  const columns = new Float64Array(side * checkedColumns);
  chosen.forEach((j, c) => {
    for (let i = 0; i < side; i++) columns[i * checkedColumns + c] = shiftedGram(form, sums, i, j);
  });
  const product = await numerics.multiply({ a: form.r, b: columns, m: side, k: side, n: checkedColumns });
  let largest = 0;
  for (let i = 0; i < side; i++)
    for (let c = 0; c < checkedColumns; c++) {
      const deviation = Math.abs(product[i * checkedColumns + c]! - (i === chosen[c] ? 1 : 0));
      // Written so that NaN counts as large.
      if (!(deviation <= largest)) largest = deviation;
    }
  return largest;
}

/** The form with further outputs, 0 in every row so far: their weights are 0. */
export function growInverse(form: InverseForm, outputs: number): InverseForm {
  const side = form.offset.length + 1;
  const old = form.w.length / side;
  if (old === outputs) return form;
  const w = new Float64Array(side * outputs);
  for (let j = 0; j < side; j++) w.set(form.w.subarray(j * old, (j + 1) * old), j * outputs);
  return { ...form, w };
}

/** Weights of the features themselves: w [d, k], b [k]. */
export function inverseWeights(form: InverseForm): { readonly w: Float64Array; readonly b: Float64Array } {
  const d = form.offset.length;
  const k = form.w.length / (d + 1);
  const b = form.w.slice(d * k);
  for (let j = 0; j < d; j++) for (let o = 0; o < k; o++) b[o] = b[o]! - form.offset[j]! * form.w[j * k + o]!;
  return { w: form.w.slice(0, d * k), b };
}

/** [n, d+1] rows as the form sees them: minus the offset, with a 1 at the end. */
export function shifted({ offset }: InverseForm, x: Float64Array, n: number): Float64Array {
  const d = offset.length;
  const rows = new Float64Array(n * (d + 1));
  for (let r = 0; r < n; r++) {
    const to = r * (d + 1);
    for (let j = 0; j < d; j++) rows[to + j] = x[r * d + j]! - offset[j]!;
    rows[to + d] = 1;
  }
  return rows;
}

/** Entry (i, j) of G + λD over the shifted features, from the plain sums. */
function shiftedGram({ offset, lambda }: InverseForm, { rows, columns: d, gram, sumX }: RidgeSums, i: number, j: number): number {
  if (i === d && j === d) return rows;
  if (i === d) return sumX[j]! - rows * offset[j]!;
  if (j === d) return sumX[i]! - rows * offset[i]!;
  const plain = i >= j ? gram[i * d + j]! : gram[j * d + i]!;
  const value = plain - offset[i]! * sumX[j]! - sumX[i]! * offset[j]! + rows * offset[i]! * offset[j]!;
  return i === j ? value + lambda : value;
}
