import { accumulateCycles } from '../backends/engine/cycles.ts';
import { planLayout } from '../backends/engine/layout.ts';
import { defaultEngineParameters, engineInfo } from '../backends/engine/parameters.ts';
import { outputGroups } from '../backends/engine/solve-group.ts';
import { solveWork, usualPasses } from '../backends/engine/solve-work.ts';
import type { SimWork } from '../backends/sim/sim-device.ts';
import type { EngineCost } from '../energy/retraining.ts';
import { fitJobs } from '../fit/fit-tiers.ts';
import type { Layer } from '../model/layer.ts';
import { solveRowsPerSample } from '../model/positions.ts';
import type { Plan } from '../model/plan.ts';

/** The engine that ships. */
const engine = engineInfo(defaultEngineParameters, 'functional', '', '');

/** The engine runs of one layer's solve: one per group of outputs that fits beside the inputs. */
function runsOf(layer: Layer, rows: number, deadInputs = 0): readonly SimWork[] {
  if (layer.linear === null) return [];
  const { inputs, outputs, groups } = layer.linear;
  // Dead inputs are counted over all groups of a convolution.
  const live = Math.max(1, inputs - Math.round(deadInputs / groups));
  const ofGroup = outputGroups(engine, live, outputs / groups).map(({ count }) => ({
    features: live,
    outputs: count,
    rows: rows * solveRowsPerSample(layer),
  }));
  return Array.from({ length: groups }, () => ofGroup).flat();
}

/** Every engine run of a fit, to predict how long a simulation takes. */
export function fitWork(layers: readonly Layer[], plan: Plan, rows: number): readonly SimWork[] {
  return fitJobs(layers, plan).flatMap(({ layer }) => runsOf(layer, rows));
}

/** Samples behind the rows of a layer's solve. */
export function samplesOf(layer: Layer, rows: number): number {
  return rows / solveRowsPerSample(layer);
}

/**
 * What the engine would spend on solving one layer once, by its cycle formula; null when the layer is not solved in one step or does not fit.
 * `rows`: samples; every position of a convolution or of a sequence is a row of its own.
 * `deadInputs`: inputs that never change in the rows; they never reach the engine. Unknown before a fit, so 0 then.
 * `passes`: refinement passes, each of which solves once on the factor; those of the fit record where there is one.
 */
export function predictedCost(layer: Layer, rows: number, deadInputs = 0, passes = usualPasses): EngineCost | null {
  const runs = runsOf(layer, rows, deadInputs);
  if (runs.length === 0) return null;
  let [cycles, gramCycles, hostWords] = [0, 0, 0];
  for (const run of runs) {
    const layout = planLayout(engine, run.features, run.outputs);
    if (typeof layout === 'string') return null;
    const work = solveWork(engine, layout, run.rows, passes);
    cycles += work.engineCycles;
    hostWords += work.hostWords;
    gramCycles += accumulateCycles(layout, engine, run.rows);
  }
  return { cycles, gramCycles, hostWords, lanes: engine.lanes, wordBits: engine.wordBits, source: 'modelled' };
}
