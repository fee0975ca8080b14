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
