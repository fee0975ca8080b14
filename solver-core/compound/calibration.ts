import { assert } from '../model/error.ts';

/** Scores of rows with their labels. */
export interface ScoredRows {
  readonly rows: number;
  readonly outputs: number;
  /** [rows, outputs] logits, or scores of a ridge head, which are no probabilities. */
  readonly scores: Float32Array;
  /** [rows] class of each row. */
  readonly labels: ArrayLike<number>;
}

/** A temperature and what it does. */
export interface Temperature {
  /** Divides the scores before the softmax; above 0. */
  readonly temperature: number;
  /** Mean cross-entropy of the rows that count, at the temperature 1 and at this one; 0 without any. */
  readonly before: number;
  readonly after: number;
  /** Rows that count: those whose label is among the scores. */
  readonly rows: number;
  /** Passes over the rows that the search took. */
  readonly evaluations: number;
}

/** The temperature lies within these factors of the spread of the scores: rows that are all right would ask for 0. */
const range = { low: 1e-2, high: 1e2 };
const ratio = (Math.sqrt(5) - 1) / 2;
/** Golden section steps: the interval of log T shrinks to 9.2·0.618^40 = 4e-8. */
const goldenSteps = 40;

/**
 * Temperature scaling (Guo et al., ICML 2017): the T that minimises the mean cross-entropy of softmax(scores / T). It is convex in 1/T and so
 * has one minimum in log T: a golden section finds it. `smoothing`: share of each label that is spread over all classes, so that few
 * rows, all of them right, ask for no certainty; default 0. Rows that cannot count (no label among the scores, scores that are not finite)
 * are left out; without any the temperature is `fallback`.
 */
export function fitTemperature(
  scored: ScoredRows,
  settings: { readonly smoothing?: number; readonly fallback?: number } = {},
): Temperature {
  const { smoothing = 0, fallback = 1 } = settings;
  assert(smoothing >= 0 && smoothing < 1, `a smoothing of ${smoothing}`);
  const rows = countingRows(scored);
  const spread = spreadOf(scored, rows);
  if (rows.length === 0 || !(spread > 0)) {
    // Scores that are all equal say the same at every temperature.
    const same = meanLoss(scored, rows, 1, 0);
    return { temperature: fallback, before: same, after: same, rows: rows.length, evaluations: 0 };
  }
  const loss = (logT: number): number => meanLoss(scored, rows, Math.exp(logT), smoothing);
  let [low, high] = [Math.log(range.low * spread), Math.log(range.high * spread)];
  let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [lossA, lossB] = [loss(a), loss(b)];
  for (let i = 0; i < goldenSteps; i++) {
    if (lossA <= lossB) {
      [high, b, lossB] = [b, a, lossA];
      a = high - ratio * (high - low);
      lossA = loss(a);
    } else {
      [low, a, lossA] = [a, b, lossB];
      b = low + ratio * (high - low);
      lossB = loss(b);
    }
  }
  const temperature = Math.exp(lossA <= lossB ? a : b);
  return {
    temperature,
    before: meanLoss(scored, rows, 1, 0),
    after: meanLoss(scored, rows, temperature, 0),
    rows: rows.length,
    evaluations: goldenSteps + 4,
  };
}

/** Mean cross-entropy of the rows at a temperature, nats; what `fitTemperature` minimises. */
export function temperatureLoss(scored: ScoredRows, temperature: number, smoothing = 0): number {
  return meanLoss(scored, countingRows(scored), temperature, smoothing);
}

/** Bins of the expected calibration error. */
export const calibrationBins = 15;

/**
 * Expected calibration error (Naeini et al., AAAI 2015): mean over equal bins of the confidence of |share right − mean confidence|, weighted by
 * rows. 0 to 1; 0 without rows. `correct`: 1 or 0 per row.
 */
export function calibrationError(confidences: ArrayLike<number>, correct: ArrayLike<number>, bins: number = calibrationBins): number {
  const n = confidences.length;
  assert(correct.length === n, `${correct.length} results for ${n} confidences`);
  const sums = new Float64Array(bins);
  for (let r = 0; r < n; r++) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(confidences[r]! * bins)));
    sums[bin] = sums[bin]! + (correct[r]! - confidences[r]!);
  }
  return n === 0 ? 0 : sums.reduce((sum, v) => sum + Math.abs(v), 0) / n;
}

function countingRows({ rows, outputs, scores, labels }: ScoredRows): readonly number[] {
  const counting: number[] = [];
  for (let r = 0; r < rows; r++) {
    const label = labels[r]!;
    if (!(label >= 0 && label < outputs)) continue;
    let isFinite = true;
    for (let o = r * outputs; o < (r + 1) * outputs; o++) isFinite &&= Number.isFinite(scores[o]);
    if (isFinite) counting.push(r);
  }
  return counting;
}

/** Standard deviation of the scores about the mean of their row. */
function spreadOf({ outputs, scores }: ScoredRows, rows: readonly number[]): number {
  let squares = 0;
  for (const r of rows) {
    let mean = 0;
    for (let o = r * outputs; o < (r + 1) * outputs; o++) mean += scores[o]! / outputs;
    for (let o = r * outputs; o < (r + 1) * outputs; o++) squares += (scores[o]! - mean) ** 2;
  }
  return rows.length === 0 ? 0 : Math.sqrt(squares / (rows.length * outputs));
}

function meanLoss({ outputs, scores, labels }: ScoredRows, rows: readonly number[], temperature: number, smoothing: number): number {
  let total = 0;
  for (const r of rows) {
    const from = r * outputs;
    let top = -Infinity;
    let mean = 0;
    for (let o = from; o < from + outputs; o++) {
      if (scores[o]! > top) top = scores[o]!;
      mean += scores[o]! / outputs;
    }
    let sum = 0;
    for (let o = from; o < from + outputs; o++) sum += Math.exp((scores[o]! - top) / temperature);
    const wanted = (1 - smoothing) * scores[from + labels[r]!]! + smoothing * mean;
    total += Math.log(sum) - (wanted - top) / temperature;
  }
  return total / Math.max(1, rows.length);
}
