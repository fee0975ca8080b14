import type { Layer } from '../model/layer.ts';
import type { UpperTier } from '../model/plan.ts';
import type { Breakdown, EnergyContext } from './cost.ts';
import { breakdown, levelFor, macOn, staticPart, timeOf, trafficEnergy } from './cost.ts';
import { precisionOf, storedBits } from './mac.ts';
import { timesBand } from './quantity.ts';
import { modelCount } from './work.ts';

/** What one update of an upper tier computes, as the learner counts it (method 8). */
export interface UpdateWork {
  readonly macs: number;
  /** Width of the learner's own numbers: 64 for ridge heads, 32 for gradient steps. */
  readonly bits: 32 | 64;
  /** Bytes of the matrices that are read and written, each counted once, at that width. */
  readonly memoryBytes: number;
}

/**
 * Joules of one update on a target: multiply-adds in the target's arithmetic for solving (64-bit work) or for training (32-bit work),
 * the matrices once through the memory that holds them, static power for the time of the multiply-adds.
 */
export function updateEnergy(work: UpdateWork, context: EnergyContext): Breakdown {
  const { target } = context;
  const arithmetic = work.bits === 64 ? target.arithmetic.solve : target.arithmetic.training;
  const wide = { weightBits: work.bits, activationBits: work.bits };
  const bits = (work.memoryBytes * 8 * storedBits(arithmetic, wide).activation) / work.bits;
  const macs = modelCount(work.macs);
  return breakdown([
    ['compute', timesBand(macOn(target, context, precisionOf(arithmetic, wide)), macs)],
    ['memory', trafficEnergy(context, levelFor(target, Math.ceil(bits / 8)), modelCount(bits))],
    ...staticPart(target, timeOf(target, macs)),
  ]);
}

/**
 * What an update with so many rows computes in a ridge head with random features (method 3.5, 8): the features, sums ½nd² + ndk and the
 * solve d³/6 + d²k, twice with a compensation stream. Null for other tiers, and for layers that are not dense.
 */
export function expandedUpdate(layer: Layer, tier: UpperTier, rows: number): UpdateWork | null {
  const { expand: d, compensation, learner } = tier;
  const { linear } = layer;
  if (learner !== 'rls' || d === undefined || linear === null || linear.patches !== null) return null;
  const { inputs, outputs: k } = linear;
  const streams = compensation !== undefined && compensation > 0 ? 2 : 1;
  const stream = ridgeWork({ inputs: d, outputs: k }, rows);
  return { macs: Math.round(rows * inputs * d + streams * stream.macs), bits: 64, memoryBytes: Math.round(streams * stream.memoryBytes) };
}

/** A dense layer that answers: d inputs, k outputs. */
export interface HeadSize {
  readonly inputs: number;
  readonly outputs: number;
}

/** An exact update of a ridge head with so many rows, statistics form (method 8): sums ½nd² + ndk and the solve d³/6 + d²k; sums read and written. */
export function ridgeWork({ inputs: d, outputs: k }: HeadSize, rows: number): UpdateWork {
  return { macs: 0.5 * rows * d * d + rows * d * k + d ** 3 / 6 + d * d * k, bits: 64, memoryBytes: 16 * (0.5 * d * d + d * k) };
}

/**
 * Gradient steps with Adam on the cross-entropy of a head with bias (method 8): `epochs` passes of 2ndk (forward and gradient of the weights; the
 * features are given), 4 multiply-adds per weight and step of 32 rows; weights, gradients and both states.
 */
export function adamWork({ inputs: d, outputs: k }: HeadSize, rows: number, epochs: number): UpdateWork {
  const parameters = d * k + k;
  const steps = epochs * Math.ceil(rows / gradientBatchRows);
  return { macs: epochs * rows * 2 * d * k + steps * parameters * 4, bits: 32, memoryBytes: 4 * parameters * 4 };
}

/**
 * What an update with so many rows computes for one layer of a tier that learns by gradient steps (method 8): forward, gradient of the
 * weights and, but for the tier's first layer, of the input, for every pass; the optimiser's rule once per step and weight; with
 * consolidation also the information matrix of a sample of the rows. Null for other tiers, and where the multiply-adds are not known.
 */
export function gradientUpdate(layer: Layer, tier: UpperTier, rows: number): UpdateWork | null {
  if (tier.learner === 'rls' || layer.macs === null) return null;
  const pass = layer.macs * (layer.id === tier.layers[0] ? 2 : 3);
  const hasPull = tier.ewc > 0;
  const isAdam = tier.learner === 'adam';
  const steps = tier.epochs * Math.ceil(rows / gradientBatchRows);
  const rule = (isAdam ? 4 : 2) + (hasPull ? 2 : 0);
  const fisher = hasPull ? Math.min(rows, fisherRows) * pass : 0;
  const macs = tier.epochs * rows * pass + steps * layer.parameters * rule + fisher;
  const copies = 2 + (isAdam ? 2 : 1) + (hasPull ? 2 : 0);
  return { macs, bits: 32, memoryBytes: 4 * layer.parameters * copies };
}

/** Rows per step and rows of the information matrix, as the gradient learner takes them. */
const gradientBatchRows = 32;
const fisherRows = 256;

/** Joules of the multiply-adds of scoring rows with a head, in the arithmetic of inference. */
export function scoringEnergy(layer: Pick<Layer, 'weightBits' | 'activationBits'>, macs: number, context: EnergyContext): Breakdown {
  const { target } = context;
  const count = modelCount(macs);
  return breakdown([
    ['compute', timesBand(macOn(target, context, precisionOf(target.arithmetic.inference, layer)), count)],
    ...staticPart(target, timeOf(target, count)),
  ]);
}
