import type { EngineDevice, EngineFlags } from '../../solver-core/backends/engine/device.ts';
import type { EngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import { cornerCases, operationCases, randomCase } from './cases.ts';
import type { EngineCase, Outcome } from './cases.ts';

/** True when R can be read at the end of a case; when W can: BACK ran, and nothing took its place. */
export function computes(problem: EngineCase, kind: 'factor' | 'back'): boolean {
  const kinds = problem.steps.map((step) => step.kind);
  if (kind === 'factor') return kinds.includes('factor');
  return kinds.lastIndexOf('back') > Math.max(kinds.lastIndexOf('solve'), kinds.lastIndexOf('factor'));
}

/** Every case for an engine: corners, operations, wide rows. */
export function allCases({ lanes, wordBits, accumulatorBits, limbs }: EngineParameters): readonly EngineCase[] {
  // Rows of three blocks whose sums are shorter than the way of a result.
  const wide = randomCase('three blocks of outputs', 5, 2 * lanes + 3, 3, wordBits, wordBits - 3, 2 ** (2 * wordBits - 8));
  return [
    ...cornerCases(lanes, wordBits, accumulatorBits),
    ...operationCases(lanes, wordBits, accumulatorBits, limbs ?? 1),
    wide,
    ...(limbs === 2 ? [inTwoLimbs(wide)] : []),
  ];
}

/** A case with every factor in words of two limbs. */
export function inTwoLimbs(problem: EngineCase): EngineCase {
  return { ...problem, steps: problem.steps.map((step) => (step.kind === 'factor' ? { ...step, limbs: 2 } : step)) };
}

/** Runs a case on a device. */
export async function runCase(device: EngineDevice, problem: EngineCase): Promise<Outcome> {
  await device.begin(problem);
  const flags: EngineFlags[] = [];
  const solved: number[][] = [];
  for (const step of problem.steps) {
    if (step.kind === 'rows') flags.push(await device.accumulate(step.words, step.rows, undefined, { subtract: step.subtract === true }));
    else if (step.kind === 'decay') flags.push(await device.decay(step.shift));
    else if (step.kind === 'load') flags.push(await load(device, step.gram));
    else if (step.kind === 'factor') flags.push(await device.factor(step.shift, undefined, step.limbs));
    else if (step.kind === 'back') flags.push(await device.backSubstitute());
    else {
      const bits = (await device.readFactor()).fractionBits;
      const answer = await device.solve({ values: step.r, fractionBits: bits }, undefined, step.part);
      flags.push(answer.flags);
      solved.push(Array.from(answer.words.values));
    }
  }
  return {
    flags,
    gram: Array.from(await device.readGram()),
    factor: computes(problem, 'factor') ? Array.from((await device.readFactor()).values) : [],
    weights: computes(problem, 'back') ? Array.from((await device.readWeights()).values) : [],
    ...(solved.length === 0 ? {} : { solved }),
  };
}

async function load(device: EngineDevice, gram: Float64Array): Promise<EngineFlags> {
  await device.loadGram(gram);
  return { breakdown: false, saturated: false, cycles: 0 };
}

/** The outcome without cycles, to compare with an oracle that has no clock. */
export function withoutCycles(outcome: Outcome): Outcome {
  return { ...outcome, flags: outcome.flags.map((f) => ({ ...f, cycles: 0 })) };
}
