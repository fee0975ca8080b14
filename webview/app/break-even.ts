import type { FigureView } from '../messages/index.ts';

/** Gradient descent from the start at each retraining, against one direct solve and incremental updates. */
export interface Methods {
  readonly sgd: FigureView;
  readonly solve: FigureView;
  readonly incremental: FigureView;
}

/** Joules of both after `n` retrainings that follow the first training; `end` picks an end of every band. */
export function spentAfter(methods: Methods, n: number, end: 'value' | 'low' | 'high'): { readonly sgd: number; readonly direct: number } {
  return { sgd: methods.sgd[end] * (n + 1), direct: methods.solve[end] + methods.incremental[end] * n };
}

/** Retrainings from which the direct way has used less; 0 when it is never behind, null when it never catches up. */
export function crossing(sgdJ: number, solveJ: number, incrementalJ: number): number | null {
  if (incrementalJ <= sgdJ && solveJ <= sgdJ) return 0;
  if (incrementalJ >= sgdJ) return null;
  return Math.ceil((solveJ - sgdJ) / (sgdJ - incrementalJ));
}

/** The crossing by the central values, and by the ends of the bands that favour the direct way most and least. */
export function crossings({ sgd, solve, incremental }: Methods): {
  readonly value: number | null;
  readonly best: number | null;
  readonly worst: number | null;
} {
  return {
    value: crossing(sgd.value, solve.value, incremental.value),
    best: crossing(sgd.high, solve.low, incremental.low),
    worst: crossing(sgd.low, solve.high, incremental.high),
  };
}

/** How far the axis goes: twice the crossing, at least 10, at most a million retrainings. */
export function axisEnd(value: number | null): number {
  return Math.min(1_000_000, Math.max(10, 2 * (value ?? 5)));
}
