import type { RowSource, SolveContext } from '../fit/backend.ts';
import type { Numerics } from '../fit/numerics.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { calibrate } from './calibrate.ts';
import type { Chooser } from './compensate.ts';
import { compensate, liveInputs } from './compensate.ts';
import { biasChange, judgeOf, noGain, rowWarnings, steeringGram } from './judge.ts';
import { pruning } from './prune.ts';
import { quantising } from './quantise.ts';

/** How the weights of one linear layer are to be stored. */
export interface CompressRequest {
  /** For messages; inert text. */
  readonly layer: string;
  /** [d, k] row-major, y = x·W + b. */
  readonly weights: Float64Array;
  /** Inputs of the layer, taken after the layers below were compressed; its targets are not read. At least max(512, d) rows are advisable. */
  readonly inputs: RowSource;
  /** k. */
  readonly outputs: number;
  /** `quantise`: symmetric integers, one scale per output; `prune`: zeros for a share of the weights. */
  readonly how: { readonly kind: 'quantise'; readonly bits: number } | { readonly kind: 'prune'; readonly fraction: number };
  /** True when the layer has a bias, which then takes up the mean error. */
  readonly bias: boolean;
  /** Share of the mean diagonal of H that is added to it. Default 0.01. */
  readonly damping?: number;
}

export interface CompressedLayer {
  /** [d, k] what the stored weights mean. */
  readonly weights: Float64Array;
  /** [k] to be added to the bias. */
  readonly biasChange: Float64Array;
  /** [k] scale per output when quantised, else null: weights / scale are integers. */
  readonly scales: Float64Array | null;
  /** False: the plain form (nearest value, smallest weights) was kept because the compensated one was not better. */
  readonly compensated: boolean;
  /** ‖X(W − Q)‖/‖XW‖ on held-out rows of what is returned. */
  readonly outputError: number;
  /** The same without compensation. */
  readonly plainError: number;
  /** The same with compensation, whether kept or not; null when it could not be computed. */
  readonly compensatedError: number | null;
  readonly rows: number;
  readonly heldOutRows: number;
  /** Inputs that are 0 in every steering row (constant, with a bias): nothing was compensated for them. */
  readonly deadInputs: readonly number[];
  readonly warnings: readonly Diagnostic[];
}

/**
 * Quantises or prunes one layer with closed-form compensation, and keeps the compensated weights only when they are better than the plain
 * form on rows that neither has seen (method 5.5, trap 1). Rejects like `Numerics.sums`.
 */
export async function compressLayer(numerics: Numerics, request: CompressRequest, context: SolveContext): Promise<CompressedLayer> {
  const { layer, weights, outputs: k, inputs, how, bias, damping = 0.01 } = request;
  const d = inputs.columns;
  const calibration = await calibrate(numerics, inputs, context);
  const { sums } = calibration;
  const gram = steeringGram(sums, bias);
  const live = new Set(liveInputs(gram, d));
  const { chooser, scales } = chooserOf(how, weights, d, k);
  context.onProgress?.(0.5, 'compensating');
  const plainWeights = plainForm(chooser, weights, gram, d, k);
  const shifted = await compensate(numerics, { weights, d, k, gram, damping, chooser });
  // An input that no steering row used says nothing about its weights: they are stored as they would be without compensation.
  for (let i = 0; i < d; i++) if (!live.has(i)) shifted?.set(plainWeights.subarray(i * k, (i + 1) * k), i * k);
  const judge = await judgeOf(numerics, calibration, weights, k);
  const judged = async (to: Float64Array) => {
    const change = biasChange(sums, weights, to, k, bias);
    return { weights: to, biasChange: change, error: await judge.error(to, change) };
  };
  const plain = await judged(plainWeights);
  const better = shifted === undefined ? null : await judged(shifted);
  // Not better, or not even a number: the plain form has no way to go wrong. Nothing lost on both sides is no reason to warn.
  const compensated = better !== null && better.error < plain.error;
  const tied = better !== null && better.error === 0 && plain.error === 0;
  const kept = compensated ? better : plain;
  const name = how.kind === 'quantise' ? 'rounding to the nearest value' : 'dropping the smallest weights';
  return {
    weights: kept.weights,
    biasChange: kept.biasChange,
    scales,
    compensated,
    outputError: kept.error,
    plainError: plain.error,
    compensatedError: better?.error ?? null,
    rows: sums.rows,
    heldOutRows: calibration.heldOutRows,
    deadInputs: Array.from({ length: d }, (_, i) => i).filter((i) => !live.has(i)),
    warnings: [
      ...rowWarnings(calibration, d, layer),
      ...(compensated || tied ? [] : [noGain(layer, better?.error ?? NaN, plain.error, name)]),
    ],
  };
}

function chooserOf(
  how: CompressRequest['how'],
  weights: Float64Array,
  d: number,
  k: number,
): { readonly chooser: Chooser; readonly scales: Float64Array | null } {
  if (how.kind === 'prune') return { chooser: pruning(how.fraction), scales: null };
  const chooser = quantising(weights, d, k, how.bits);
  return { chooser, scales: chooser.scales };
}

/** Without compensation: every weight by itself; what pruning drops is then what contributes least, w²·H_ii. */
function plainForm(chooser: Chooser, weights: Float64Array, gram: Float64Array, d: number, k: number): Float64Array {
  const inputs = Array.from({ length: d }, (_, i) => i);
  const importance = Float64Array.from(inputs, (i) => gram[i * d + i]!);
  const choose = chooser.block(inputs, weights, importance);
  return weights.map((w, at) => choose(Math.floor(at / k), at % k, w));
}
