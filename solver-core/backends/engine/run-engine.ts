import type { EngineTotals, Limbs } from './device.ts';
import { planLayout } from './layout.ts';
import type { HostFactor } from './refine-factor.ts';
import { factorCondition, hostFactor } from './refine-factor.ts';
import { emptyTotals } from './session.ts';
import type { DeviceFactor, EngineRun, LoadedGroup } from './solve-group.ts';
import { factorGroup, loadGroup, outputGroups, substituteGroup } from './solve-group.ts';

/** All runs of the engine on one problem, and what can still be had from it. */
export interface EngineResults {
  /** [d, k] in the units of the data; zeros where the factor broke down. */
  readonly weights: Float64Array;
  /** The factor in the device; null when it broke down in every word length. */
  readonly held: DeviceFactor | null;
  /** m of the problem in the device: columns of one solve on the factor. */
  readonly perSolve: number;
  /** Why words of two limbs were used: a shorter factor broke down or was too coarse to tell the condition. */
  readonly lengthened: 'broke-down' | 'too-coarse' | null;
  /** Outputs whose weights outgrew the words. */
  readonly nScaled: number;
  readonly nRuns: number;
  /** Factors the Gram in the device again with two limbs; null when there is no room for them, or when they break down. */
  lengthen(): Promise<DeviceFactor | null>;
  /** Reads the exact Gram in the device and factors it on the host. Rejects with `singular-gram`. */
  hostFactor(lambda: number): Promise<HostFactor>;
  totals(): EngineTotals;
}

/**
 * Up to this condition a factor is an estimate of the equations it came from: well below the resolution of its words. Two limbs lose
 * more of it to the rounding of longer sums.
 */
export function reliableCondition(limbs: Limbs, wordBits: number): number {
  const fractionBits = wordBits - 1;
  return limbs === 1 ? 2 ** (fractionBits - 2) : 2 ** (2 * fractionBits - 8);
}

/** Runs the engine on every group of outputs. What broke down once, or needed longer words, does so for all: the features are the same. */
export async function runEngine(run: EngineRun): Promise<EngineResults> {
  const { device, statistics, plan, context } = run;
  const d = statistics.live.length;
  const groups = outputGroups(device.info, d, statistics.outputs);
  const weights = new Float64Array(d * statistics.outputs);
  let before: EngineTotals = emptyTotals();
  let loaded: LoadedGroup | undefined;
  let held: DeviceFactor | null = null;
  let lengthened: EngineResults['lengthened'] = null;
  let nScaled = 0;
  let nRuns = 0;
  for (const group of groups) {
    if (nRuns > 0) before = addTotals(before, device.totals);
    loaded = await loadGroup(run, group, (fraction, text) => context.onProgress?.((0.85 * (nRuns + fraction)) / groups.length, text));
    nRuns++;
    held = await factorGroup(run, loaded, lengthened === null ? 1 : 2);
    const isCoarse: boolean = held !== null && lengthened === null && !isReliable(held, device.info.wordBits);
    if ((held === null || isCoarse) && lengthened === null && hasTwoLimbs(run, group.count)) {
      lengthened = isCoarse ? 'too-coarse' : 'broke-down';
      held = await factorGroup(run, loaded, 2);
    }
    if (held === null) break;
    const substituted = await substituteGroup(run, group, held);
    nScaled += substituted.nScaled;
    for (let j = 0; j < d; j++)
      weights.set(substituted.weights.subarray(j * group.count, (j + 1) * group.count), j * statistics.outputs + group.first);
  }
  const last = loaded!;
  const { count } = last.group;
  return {
    weights,
    held,
    perSolve: count,
    lengthened,
    nScaled,
    nRuns,
    lengthen: async () => (hasTwoLimbs(run, count) ? factorGroup(run, last, 2) : null),
    hostFactor: async (lambda) =>
      hostFactor(await device.readGram(context.abort), d + count, plan, lambda, statistics.meanDiagonal, context.abort),
    totals: () => addTotals(before, device.totals),
  };
}

/** True when the condition a factor shows is one its words can hold. */
export function isReliable(held: DeviceFactor, wordBits: number): boolean {
  const condition = factorCondition(held.factor);
  return condition !== null && condition < reliableCondition(held.limbs, wordBits);
}

function hasTwoLimbs(run: EngineRun, outputs: number): boolean {
  const layout = planLayout(run.device.info, run.statistics.live.length, outputs);
  return typeof layout !== 'string' && layout.limbs === 2;
}

function addTotals(a: EngineTotals, b: EngineTotals): EngineTotals {
  return {
    gramCycles: a.gramCycles + b.gramCycles,
    cholCycles: a.cholCycles + b.cholCycles,
    backCycles: a.backCycles + b.backCycles,
    fsubCycles: a.fsubCycles + b.fsubCycles,
    hostWords: a.hostWords + b.hostWords,
  };
}
