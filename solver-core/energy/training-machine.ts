import type { TrainingMachineDocument } from '../protocol/documents.ts';
import { breakEven, breakEvenCorners } from './break-even.ts';
import type { BreakEvenRange } from './break-even.ts';
import type { EnergyContext } from './cost.ts';
import type { EvaluateInput, LayerFigures } from './evaluate.ts';
import { evaluateLayers, totalOf } from './evaluate.ts';
import type { EnergyTarget } from './target.ts';

/** The target that trains where nobody names one: a processor, which everybody has, so that no accelerator is taken for granted. */
export const defaultTrainingMachine = 'server-cpu';

/**
 * The same estimate on the machine that would train. Rows of a fit record stay, what an engine did there does not: the machine
 * solves in its own arithmetic, with the refinement passes that takes.
 */
export function onMachine(input: EvaluateInput, machine: EnergyContext): EvaluateInput {
  const fit = new Map([...input.fit].map(([id, { rows }]) => [id, { rows, refinementPasses: null, engine: null }] as const));
  return { ...input, fit, context: machine };
}

/**
 * Retraining on the machine that would train, with the break-even across both: gradient descent on the machine, from the start at
 * each retraining, against one direct solve on the target and incremental updates there. `trained`: the layers on the machine, `target`;
 * `figures`: those on the chosen target.
 */
export function trainingMachine(
  target: EnergyTarget,
  trained: readonly LayerFigures[],
  figures: readonly LayerFigures[],
): TrainingMachineDocument {
  const retraining = {
    sgd: totalOf(trained, (f) => f.sgd),
    solve: totalOf(trained, (f) => f.solve),
    incremental: totalOf(trained, (f) => f.incremental),
  };
  return { machine: target.id, name: target.name, retraining, breakEvenRetrainings: across(trained, figures) };
}

/** Fewest and most retrainings of that break-even with each table alone and at the low, central and high epoch count. Null: a total is missing. */
export function acrossRange(input: EvaluateInput, trainer: EvaluateInput): BreakEvenRange | null {
  return breakEvenCorners(input, (corner) => {
    const { tables } = corner.context;
    const trained = evaluateLayers({ ...trainer, scenario: corner.scenario, context: { ...trainer.context, tables } });
    const figures = evaluateLayers(corner);
    return isComplete(trained, figures) ? across(trained, figures) : undefined;
  });
}

function across(trained: readonly LayerFigures[], figures: readonly LayerFigures[]): number | null {
  const sgdJ = totalOf(trained, (f) => f.sgd)?.value;
  const solveJ = totalOf(figures, (f) => f.solve)?.value;
  const incrementalJ = totalOf(figures, (f) => f.incremental)?.value;
  if (sgdJ === undefined || solveJ === undefined || incrementalJ === undefined) return null;
  return breakEven({ setupJ: solveJ, updateJ: incrementalJ }, { setupJ: sgdJ, updateJ: sgdJ });
}

function isComplete(trained: readonly LayerFigures[], figures: readonly LayerFigures[]): boolean {
  return trained.every((f) => f.sgd !== null) && figures.every((f) => f.solve !== null && f.incremental !== null) && figures.length > 0;
}
