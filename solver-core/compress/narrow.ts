import type { RowSource, SolveContext } from '../fit/backend.ts';
import type { Numerics } from '../fit/numerics.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { calibrate } from './calibrate.ts';
import { biasChange, judgeOf, noGain, rowWarnings, steeringGram } from './judge.ts';

/** Which inputs of a layer may go: the units of the layer below that feed them go with them. */
export interface NarrowRequest {
  readonly layer: string;
  /** [d, k] row-major. */
  readonly weights: Float64Array;
  readonly inputs: RowSource;
  /** k. */
  readonly outputs: number;
  /** How many inputs stay, 1..d. */
  readonly keep: number;
  readonly bias: boolean;
  /** Ridge on the refit, as a share of the mean diagonal of H. Default 0.01. */
  readonly damping?: number;
}

export interface NarrowedLayer {
  /** Increasing numbers of the inputs that stay. */
  readonly kept: readonly number[];
  /** [kept, k] */
  readonly weights: Float64Array;
  /** [k] to be added to the bias. */
  readonly biasChange: Float64Array;
  /** False: the weights of the kept inputs are as they were, because refitting them was not better on held-out rows. */
  readonly compensated: boolean;
  /** ‖X(W − Q)‖/‖XW‖ on held-out rows of what is returned; without and with the refit. */
  readonly outputError: number;
  readonly plainError: number;
  readonly compensatedError: number | null;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Keeps the inputs that contribute most (H_ii·‖w_i‖²) and refits their weights to the outputs of the whole layer:
 * W_K + (H_KK + λI)⁻¹·H_KD·W_D, D the dropped inputs. The refit is kept only when it is better on held-out rows.
 */
export async function narrowLayer(numerics: Numerics, request: NarrowRequest, context: SolveContext): Promise<NarrowedLayer> {
  const { layer, weights, inputs, outputs: k, keep, bias, damping = 0.01 } = request;
  const d = inputs.columns;
  const calibration = await calibrate(numerics, inputs, context);
  const h = steeringGram(calibration.sums, bias);
  const kept = mostUseful(h, weights, d, k, Math.min(d, Math.max(1, keep)));
  const judge = await judgeOf(numerics, calibration, weights, k);
  const judged = async (to: Float64Array) => {
    const change = biasChange(calibration.sums, weights, to, k, bias);
    return { to, change, error: await judge.error(to, change) };
  };
  const plain = await judged(onlyRows(weights, kept, k));
  const refit = await refitted(numerics, h, weights, d, k, kept, damping);
  const better = refit === undefined ? null : await judged(refit);
  const compensated = better !== null && better.error < plain.error;
  const chosen = compensated ? better : plain;
  const tied = plain.error === 0;
  const rows = new Float64Array(kept.length * k);
  kept.forEach((input, i) => rows.set(chosen.to.subarray(input * k, (input + 1) * k), i * k));
  return {
    kept,
    weights: rows,
    biasChange: chosen.change,
    compensated,
    outputError: chosen.error,
    plainError: plain.error,
    compensatedError: better?.error ?? null,
    warnings: [
      ...rowWarnings(calibration, d, layer),
      ...(compensated || tied ? [] : [noGain(layer, better?.error ?? NaN, plain.error, 'dropping the inputs alone')]),
    ],
  };
}

function mostUseful(h: Float64Array, weights: Float64Array, d: number, k: number, keep: number): number[] {
  const use = Array.from({ length: d }, (_, i) => {
    let square = 0;
    for (let n = 0; n < k; n++) square += weights[i * k + n]! ** 2;
    return square * h[i * d + i]!;
  });
  return Array.from(use.keys())
    .sort((a, b) => use[b]! - use[a]! || a - b)
    .slice(0, keep)
    .sort((a, b) => a - b);
}

/** [d, k] with the rows of `kept` and zeros elsewhere. */
function onlyRows(weights: Float64Array, kept: readonly number[], k: number): Float64Array {
  const rows = new Float64Array(weights.length);
  for (const input of kept) rows.set(weights.subarray(input * k, (input + 1) * k), input * k);
  return rows;
}

async function refitted(
  numerics: Numerics,
  h: Float64Array,
  weights: Float64Array,
  d: number,
  k: number,
  kept: readonly number[],
  damping: number,
): Promise<Float64Array | undefined> {
  const m = kept.length;
  const at = (i: number, j: number): number => (i >= j ? h[i * d + j]! : h[j * d + i]!);
  const among = new Float64Array(m * m);
  const mean = kept.reduce((sum, i) => sum + at(i, i), 0) / m;
  for (let i = 0; i < m; i++) for (let j = 0; j <= i; j++) among[i * m + j] = at(kept[i]!, kept[j]!) + (i === j ? damping * mean : 0);
  const factor = await numerics.factor(among, m);
  if ('failedPivot' in factor) return undefined;
  const stays = new Set(kept);
  const dropped = Array.from({ length: d }, (_, i) => i).filter((i) => !stays.has(i));
  const across = new Float64Array(m * dropped.length);
  for (let i = 0; i < m; i++) dropped.forEach((j, c) => (across[i * dropped.length + c] = at(kept[i]!, j)));
  const gone = new Float64Array(dropped.length * k);
  dropped.forEach((j, c) => gone.set(weights.subarray(j * k, (j + 1) * k), c * k));
  const right = await numerics.multiply({ a: across, b: gone, m, k: dropped.length, n: k });
  const taken = await factor.solve(right, k);
  const result = onlyRows(weights, kept, k);
  kept.forEach((input, i) => {
    for (let n = 0; n < k; n++) result[input * k + n] = result[input * k + n]! + taken[i * k + n]!;
  });
  return result;
}
