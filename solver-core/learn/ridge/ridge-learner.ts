import type { Numerics } from '../../fit/numerics.ts';
import { emptySums } from '../../fit/ridge/sums.ts';
import type { Checked } from '../../model/diagnostic.ts';
import { assert } from '../../model/error.ts';
import type { HeadWeights, LearnedWeights, LearnerState, LearnRows, UpperLearner } from '../learner.ts';
import { absorb, refit } from './absorb.ts';
import { affine } from './affine.ts';
import type { UpdateCost } from './cost.ts';
import { updateCostOf } from './cost.ts';
import { inverseWeights, shifted } from './inverse-form.ts';
import type { RidgeLearnerOptions } from './options.ts';
import { hasCompensation, requireRidgeOptions } from './options.ts';
import type { RidgeParts } from './parts.ts';
import { featuresOf } from './parts.ts';
import { remove } from './remove.ts';
import { allFeatures, featureChunks } from './row-chunks.ts';
import { loadParts, saveParts } from './save.ts';
import { solveParts } from './solve-parts.ts';
import type { SolvedSums } from './solve-sums.ts';
import { solveSums } from './solve-sums.ts';
import { requireFit } from './targets.ts';

/** What a ridge head offers beyond every learner. */
export interface RidgeLearner extends UpperLearner {
  readonly kind: 'rls';
  /** Which form holds the weights now. */
  readonly form: 'statistics' | 'r';
  /** λ of the present weights; null before the first row. */
  lambdaUsed(): Promise<number | null>;
  /** [rows] leverage of each row, 1/n + (z−μ)(G+λI)⁻¹(z−μ)ᵀ over its features z: how far it is from what the head has seen (method 3.6). */
  leverages(rows: LearnRows): Promise<Float64Array>;
  /**
   * After drift: older rows count `keep` (0 < keep <= 1) times what they did, `rows` fully, and all is solved anew, with another λ when
   * given. With keep below 1 unlearning is refused from then on.
   */
  refitted(rows: LearnRows, settings: { readonly keep: number; readonly lambda?: number }): Promise<RidgeLearner>;
  /** The weights in fp64, before they are rounded for a model. */
  solution(): Promise<HeadSolution>;
  updateCost(rows: number): UpdateCost;
  updated(rows: LearnRows): Promise<RidgeLearner>;
  without(rows: LearnRows): Promise<RidgeLearner>;
}

/** A head that has seen nothing: all scores are 0. Rejects with `learner-options`, `learner-too-large` or `form-unsupported`. */
export async function createRidgeLearner(options: RidgeLearnerOptions, numerics: Numerics): Promise<RidgeLearner> {
  requireRidgeOptions(options);
  const { labels, outputs } = options;
  const sums = emptySums(featuresOf(options), outputs);
  return head(
    {
      options,
      // A single column for classes is a number that says which class, as in the fit.
      coding: labels === 'class' && outputs !== 1 ? 'one-hot' : 'values',
      sums,
      expansion: null,
      compensation: hasCompensation(options) ? emptySums(sums.columns, outputs) : null,
      inverse: null,
      recent: null,
      smallBatches: 0,
      isWeighted: false,
    },
    numerics,
  );
}

/**
 * The head that this state was saved from; what it does from here on is the same, bit for bit. Findings: `state-wrong-learner`,
 * `state-too-new`, `state-damaged`.
 */
export function resumeRidgeLearner(state: LearnerState, numerics: Numerics): Checked<RidgeLearner> {
  const { value, diagnostics } = loadParts(state);
  return { value: value === undefined ? undefined : head(value, numerics), diagnostics };
}

/** Weights of a ridge head in fp64: scores = relu(expansion)·w + b, or x·w + b, plus tanh(expansion)·compensation. */
export interface HeadSolution {
  /** [d, k] */
  readonly w: Float64Array;
  /** [k], the compensation stream's included. */
  readonly b: Float64Array;
  /** [d, k], scaled by the compensation factor; null without that stream. */
  readonly compensation: Float64Array | null;
}

function head(parts: RidgeParts, numerics: Numerics): RidgeLearner {
  const { options, sums, inverse } = parts;
  // Both are solved at most once, when first asked for.
  let solution: Promise<SolvedSums> | undefined;
  let weights: Promise<HeadSolution> | undefined;
  const solved = (): Promise<SolvedSums> => (solution ??= solveParts(parts, numerics));
  const current = (): Promise<HeadSolution> => (weights ??= weightsOf(parts, solved, numerics));
  const next = async (changed: Promise<RidgeParts>): Promise<RidgeLearner> => head(await changed, numerics);
  const self: RidgeLearner = {
    kind: 'rls',
    outputs: sums.outputs,
    rows: sums.rows + (parts.recent?.rows ?? 0),
    form: inverse === null ? 'statistics' : 'r',
    scores: async (rows) => scoresOf(parts, await current(), rows, numerics),
    leverages: (rows) => leveragesOf(parts, solved, rows, numerics),
    lambdaUsed: async () => (sums.rows === 0 ? null : (inverse?.lambda ?? (await solved()).lambda)),
    updated: async (rows) => (rows.rows === 0 ? self : next(absorb(parts, rows, options.forgetting, solved, numerics))),
    refitted: (rows, { keep, lambda = options.lambda }) => {
      assert(keep > 0 && keep <= 1, `keep is ${keep}, expected above 0 up to 1`);
      return next(refit(parts, rows, keep, lambda, numerics));
    },
    without: async (rows) => (rows.rows === 0 ? self : next(remove(parts, rows, numerics))),
    solution: current,
    updateCost: (rows) => updateCostOf(parts, rows),
    weights: async (): Promise<LearnedWeights> => ({ kind: 'head', head: deployed(parts, await current()) }),
    state: () => saveParts(parts),
  };
  return self;
}

async function weightsOf(parts: RidgeParts, solved: () => Promise<SolvedSums>, numerics: Numerics): Promise<HeadSolution> {
  const main = parts.inverse === null ? await solved() : inverseWeights(parts.inverse);
  const { compensation: sums } = parts;
  const factor = parts.options.compensation ?? 0;
  if (sums === null || sums.rows === 0) return { w: main.w, b: main.b, compensation: null };
  const second = await solveSums(sums, parts.options.lambda, numerics);
  return { w: main.w, b: main.b.map((v, o) => v + factor * second.b[o]!), compensation: second.w.map((v) => factor * v) };
}

async function scoresOf(
  parts: RidgeParts,
  { w, b, compensation }: HeadSolution,
  rows: LearnRows,
  numerics: Numerics,
): Promise<Float32Array> {
  const { columns: d, outputs: k } = parts.sums;
  requireFit(rows, parts.options.inputs);
  const scores = new Float32Array(rows.rows * k);
  // Before the first row there may be no expansion yet, and every weight is 0.
  if (parts.sums.rows === 0) return scores;
  for await (const chunk of featureChunks(parts, rows, numerics)) {
    const z = await affine(chunk.main, w, b, chunk.rows, d, numerics);
    if (compensation !== null && chunk.compensation !== null) {
      const more = await numerics.multiply({ a: chunk.compensation, b: compensation, m: chunk.rows, k: d, n: k });
      for (let i = 0; i < z.length; i++) z[i] = z[i]! + more[i]!;
    }
    scores.set(z, chunk.first * k);
  }
  return scores;
}

async function leveragesOf(
  parts: RidgeParts,
  solved: () => Promise<SolvedSums>,
  rows: LearnRows,
  numerics: Numerics,
): Promise<Float64Array> {
  const n = rows.rows;
  assert(parts.sums.rows > 0, 'a head without rows has no leverages');
  const x = await allFeatures(parts, rows, numerics);
  if (parts.inverse !== null) {
    const side = parts.sums.columns + 1;
    const z = shifted(parts.inverse, x, n);
    const v = await numerics.multiply({ a: z, b: parts.inverse.r, m: n, k: side, n: side });
    return Float64Array.from({ length: n }, (_, r) => dotRows(z, v, r, side));
  }
  const { live, mean, factor } = await solved();
  const leverages = new Float64Array(n).fill(1 / parts.sums.rows);
  if (factor === null) return leverages;
  const d = parts.sums.columns;
  const m = live.length;
  const z = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let r = 0; r < n; r++) z[i * n + r] = x[r * d + live[i]!]! - mean[live[i]!]!;
  const v = await factor.solve(z, n);
  for (let i = 0; i < m; i++) for (let r = 0; r < n; r++) leverages[r] = leverages[r]! + z[i * n + r]! * v[i * n + r]!;
  return leverages;
}

function dotRows(a: Float64Array, b: Float64Array, row: number, d: number): number {
  let sum = 0;
  for (let i = row * d; i < (row + 1) * d; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The weights as a model holds them, in float32. */
function deployed({ expansion, sums }: RidgeParts, { w, b, compensation }: HeadSolution): HeadWeights {
  return {
    expansion:
      expansion === null ? null : { features: expansion.features, w: Float32Array.from(expansion.w), b: Float32Array.from(expansion.b) },
    w: Float32Array.from(w),
    b: Float32Array.from(b),
    compensation: compensation === null ? null : Float32Array.from(compensation),
    outputs: sums.outputs,
  };
}
