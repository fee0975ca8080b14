import type { Learner } from '../../model/plan.ts';

/** Parameters with what the optimiser remembers of each. Arrays are in the order of the parameters. */
export interface Weights {
  readonly parameters: readonly Float32Array[];
  /** sgd: velocity. adam: mean of the gradients. */
  readonly first: readonly Float32Array[];
  /** adam: mean of their squares; empty for sgd. */
  readonly second: readonly Float32Array[];
  /** Steps taken so far. */
  readonly steps: number;
}

/** What holds the parameters near an earlier task (elastic weight consolidation, method 3.7). */
export interface Pull {
  /** λ of the penalty (λ/2)·Σ F(θ−θ*)². */
  readonly strength: number;
  /** Diagonal Fisher information F, in the order of the parameters. */
  readonly fisher: readonly Float32Array[];
  /** θ*. */
  readonly anchor: readonly Float32Array[];
}

const momentum = 0.9;
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

export function startingWeights(kind: Exclude<Learner, 'rls'>, parameters: readonly Float32Array[]): Weights {
  const zeros = (): Float32Array[] => parameters.map((p) => new Float32Array(p.length));
  return { parameters, first: zeros(), second: kind === 'adam' ? zeros() : [], steps: 0 };
}

/** A copy that `descend` may change without anybody seeing it. */
export function copiedWeights({ parameters, first, second, steps }: Weights): Weights {
  const copy = (arrays: readonly Float32Array[]): Float32Array[] => arrays.map((values) => values.slice());
  return { parameters: copy(parameters), first: copy(first), second: copy(second), steps };
}

/**
 * One step against the gradient, in place: SGD with momentum 0.9 (Sutskever et al. 2013, v ← 0.9·v + g, θ ← θ − η·v) or Adam (Kingma and
 * Ba, arXiv 1412.6980, with its bias correction). The consolidation penalty is taken implicitly, θ ← (θ + ηλF·θ*)/(1 + ηλF), which is
 * stable for any ηλF. Descent is minus: a plus sign would climb the loss (method 3.7).
 */
export function descend(
  kind: Exclude<Learner, 'rls'>,
  weights: Weights,
  gradients: readonly Float32Array[],
  rate: number,
  pull: Pull | undefined,
): Weights {
  const steps = weights.steps + 1;
  weights.parameters.forEach((theta, i) => {
    const g = gradients[i]!;
    if (kind === 'adam') adamStep(theta, g, weights.first[i]!, weights.second[i]!, rate, steps);
    else momentumStep(theta, g, weights.first[i]!, rate);
    if (pull !== undefined) pullBack(theta, pull.fisher[i]!, pull.anchor[i]!, rate * pull.strength);
  });
  return { ...weights, steps };
}

function momentumStep(theta: Float32Array, g: Float32Array, velocity: Float32Array, rate: number): void {
  for (let j = 0; j < theta.length; j++) {
    const v = momentum * velocity[j]! + g[j]!;
    velocity[j] = v;
    theta[j] = theta[j]! - rate * v;
  }
}

function adamStep(theta: Float32Array, g: Float32Array, m: Float32Array, v: Float32Array, rate: number, steps: number): void {
  const size = (rate * Math.sqrt(1 - beta2 ** steps)) / (1 - beta1 ** steps);
  const floor = epsilon * Math.sqrt(1 - beta2 ** steps);
  for (let j = 0; j < theta.length; j++) {
    const gj = g[j]!;
    const mj = beta1 * m[j]! + (1 - beta1) * gj;
    const vj = beta2 * v[j]! + (1 - beta2) * gj * gj;
    m[j] = mj;
    v[j] = vj;
    theta[j] = theta[j]! - (size * mj) / (Math.sqrt(vj) + floor);
  }
}

function pullBack(theta: Float32Array, fisher: Float32Array, anchor: Float32Array, factor: number): void {
  for (let j = 0; j < theta.length; j++) {
    const f = factor * fisher[j]!;
    theta[j] = (theta[j]! + f * anchor[j]!) / (1 + f);
  }
}

/** Multiply-adds of one step per parameter (method 8): 2 with momentum, about 4 for Adam, 2 more for the pull. */
export function optimiserMacs(kind: Exclude<Learner, 'rls'>, hasPull: boolean): number {
  return (kind === 'adam' ? 4 : 2) + (hasPull ? 2 : 0);
}
