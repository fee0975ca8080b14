import type { EvaluateInput } from './evaluate.ts';
import { evaluateLayers, totalOf } from './evaluate.ts';

/** Energies of two ways to keep a model current: `setup` once, `update` for each retraining; joules. */
export interface MethodCost {
  readonly setupJ: number;
  readonly updateJ: number;
}

/**
 * Number of retrainings after which method `a` has used less energy than method `b` (method 8):
 * 0 when it is never behind; ⌈(S_a − S_b)/(u_b − u_a)⌉ when its updates are cheaper; null when it never catches up, or
 * starts ahead but falls behind with each update.
 */
export function breakEven(a: MethodCost, b: MethodCost): number | null {
  if (a.updateJ <= b.updateJ && a.setupJ <= b.setupJ) return 0;
  if (a.updateJ >= b.updateJ) return null;
  return Math.ceil((a.setupJ - b.setupJ) / (b.updateJ - a.updateJ));
}

/**
 * Direct solve with incremental updates against gradient descent, which trains from the start at each retraining.
 * Arguments and result as in `breakEven`; null when a figure is missing.
 */
export function directBreakEven(sgdJ: number | null, solveJ: number | null, incrementalJ: number | null): number | null {
  if (sgdJ === null || solveJ === null || incrementalJ === null) return null;
  return breakEven({ setupJ: solveJ, updateJ: incrementalJ }, { setupJ: sgdJ, updateJ: sgdJ });
}

/** Fewest and most retrainings over the corners of an estimate; `high` null: at one corner solving never catches up. */
export interface BreakEvenRange {
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * Break-even of the whole model with each table alone and at the low, central and high epoch count, all other constants at
 * their central value. Both methods use the same table at each corner: dividing their bands would count the tables twice.
 * Null when a total is missing.
 */
export function breakEvenRange(input: EvaluateInput): BreakEvenRange | null {
  return breakEvenCorners(input, (corner) => {
    const figures = evaluateLayers(corner);
    const sgd = totalOf(figures, (f) => f.sgd);
    const solve = totalOf(figures, (f) => f.solve);
    const incremental = totalOf(figures, (f) => f.incremental);
    if (sgd === null || solve === null || incremental === null) return undefined;
    return directBreakEven(sgd.value, solve.value, incremental.value);
  });
}

/** The range of a break-even over those corners; `at` gives undefined where a total is missing, and then there is no range. */
export function breakEvenCorners(input: EvaluateInput, at: (corner: EvaluateInput) => number | null | undefined): BreakEvenRange | null {
  const { context, scenario } = input;
  const results: (number | null)[] = [];
  for (const table of context.tables) {
    for (const epochs of [scenario.epochs.low, scenario.epochs.value, scenario.epochs.high]) {
      const corner = { ...scenario.epochs, value: epochs, low: epochs, high: epochs };
      const result = at({ ...input, context: { ...context, tables: [table] }, scenario: { ...scenario, epochs: corner } });
      if (result === undefined) return null;
      results.push(result);
    }
  }
  const reached = results.filter((n) => n !== null);
  return { low: reached.length === 0 ? null : Math.min(...reached), high: reached.length < results.length ? null : Math.max(...reached) };
}
