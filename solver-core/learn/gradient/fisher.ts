import type { Random } from '../../fit/prng.ts';
import type { GradientEngine } from './engine.ts';
import type { GradientTask } from './types.ts';

/** A running diagonal Fisher information: the mean of squared gradients over `rows` rows. */
export interface Fisher {
  readonly rows: number;
  /** In the order of the parameters. */
  readonly values: readonly Float32Array[];
}

/** What the estimate looks at. */
export interface FisherRows {
  readonly engine: GradientEngine;
  readonly parameters: readonly Float32Array[];
  readonly x: Float32Array;
  readonly rows: number;
  /** Values per row of x, and columns of the scores. */
  readonly width: number;
  readonly outputs: number;
  readonly task: GradientTask;
  /** At most so many rows are used, a sample without repeats. */
  readonly maxRows: number;
}

/**
 * Diagonal Fisher information with labels drawn from the model (Kirkpatrick et al., PNAS 2017; Kunstner et al., NeurIPS 2019 on why they
 * must be drawn, not given): mean over rows of the squared gradient of −log p. Regression: a Gaussian of unit variance around the
 * scores. One backward pass per row.
 */
export async function estimateFisher(from: FisherRows, random: Random): Promise<Fisher> {
  const { engine, parameters, x, width, outputs, task } = from;
  const chosen = sample(from.rows, from.maxRows, random);
  const sums = parameters.map((p) => new Float64Array(p.length));
  const isClass = task === 'class' && outputs > 1;
  // The squared error is a mean over the outputs of (score − target)²; −log p is half the sum.
  const scale = isClass ? 1 : outputs / 2;
  const inputs = chosen.map((row) => x.slice(row * width, (row + 1) * width));
  const all = new Float32Array(chosen.length * width);
  inputs.forEach((input, i) => all.set(input, i * width));
  const allScores = await engine.scores(parameters, all, chosen.length);
  for (const [at, input] of inputs.entries()) {
    const scores = allScores.subarray(at * outputs, (at + 1) * outputs);
    const target = isClass ? drawnClass(scores, random) : scores.map((score) => score + random.normal());
    const { gradients } = await engine.step(parameters, input, target, 1);
    gradients.forEach((g, i) => {
      const sum = sums[i]!;
      for (let j = 0; j < g.length; j++) sum[j] = sum[j]! + (scale * g[j]!) ** 2;
    });
  }
  return { rows: chosen.length, values: sums.map((sum) => Float32Array.from(sum, (v) => v / Math.max(1, chosen.length))) };
}

/** The mean over the rows of both. */
export function mergedFisher(a: Fisher | undefined, b: Fisher): Fisher {
  if (a === undefined) return b;
  const rows = a.rows + b.rows;
  const share = rows === 0 ? 0 : a.rows / rows;
  return { rows, values: a.values.map((values, i) => values.map((v, j) => share * v + (1 - share) * b.values[i]![j]!)) };
}

function sample(rows: number, most: number, random: Random): readonly number[] {
  const order = Array.from({ length: rows }, (_, i) => i);
  const count = Math.min(rows, most);
  for (let i = 0; i < count; i++) {
    const j = i + random.below(rows - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order.slice(0, count).sort((a, b) => a - b);
}

/** One-hot class drawn by its probability. Scores are logits; a model that ends in a softmax gives probabilities, whose logarithms they are then. */
function drawnClass(scores: Float32Array, random: Random): Float32Array {
  const isDistribution = scores.every((p) => p >= 0) && Math.abs(scores.reduce((sum, p) => sum + p, 0) - 1) < 1e-4;
  const highest = Math.max(...scores);
  const weights = isDistribution ? scores : scores.map((score) => Math.exp(score - highest));
  let rest = random.uniform() * weights.reduce((sum, w) => sum + w, 0);
  const chosen = weights.findIndex((w) => (rest -= w) < 0);
  const target = new Float32Array(scores.length);
  target[chosen < 0 ? weights.length - 1 : chosen] = 1;
  return target;
}
