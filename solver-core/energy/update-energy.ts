import type { Layer } from '../model/layer.ts';
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

/** Joules of the multiply-adds of scoring rows with a head, in the arithmetic of inference. */
export function scoringEnergy(layer: Layer, macs: number, context: EnergyContext): Breakdown {
  const { target } = context;
  const count = modelCount(macs);
  return breakdown([
    ['compute', timesBand(macOn(target, context, precisionOf(target.arithmetic.inference, layer)), count)],
    ...staticPart(target, timeOf(target, count)),
  ]);
}
