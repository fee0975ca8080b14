import type { EngineDevice, EngineFlags } from '../../solver-core/backends/engine/device.ts';
import type { EngineCase, Outcome } from './cases.ts';

/** True when the case computes a factor (R) and weights (W). */
export function computes(problem: EngineCase, kind: 'factor' | 'back'): boolean {
  return problem.steps.some((step) => step.kind === kind);
}

/** Runs a case on a device. */
export async function runCase(device: EngineDevice, problem: EngineCase): Promise<Outcome> {
  await device.begin(problem);
  const flags: EngineFlags[] = [];
  for (const step of problem.steps) {
    if (step.kind === 'rows') flags.push(await device.accumulate(step.words, step.rows));
    else if (step.kind === 'factor') flags.push(await device.factor(step.shift));
    else flags.push(await device.backSubstitute());
  }
  return {
    flags,
    gram: Array.from(await device.readGram()),
    factor: computes(problem, 'factor') ? Array.from(await device.readFactor()) : [],
    weights: computes(problem, 'back') ? Array.from(await device.readWeights()) : [],
  };
}

/** The outcome without cycles, to compare with an oracle that has no clock. */
export function withoutCycles(outcome: Outcome): Outcome {
  return { ...outcome, flags: outcome.flags.map((f) => ({ ...f, cycles: 0 })) };
}
