import { accumulateCycles, backCycles, cholCycles, fsubCycles } from './cycles.ts';
import type { EngineInfo } from './device.ts';
import { beginWords, rowWords, triangleWords, vectorWords } from './host-words.ts';
import type { EngineLayout } from './layout.ts';

/** Refinement passes that most solves take: what a forecast counts with. */
export const usualPasses = 2;

/** Engine cycles and host words of one solve. */
export interface SolveWork {
  readonly engineCycles: number;
  readonly hostWords: number;
}

/**
 * Engine cycles and host words of one whole solve with words of one limb: begin, all rows in one call, `factor`, `backSubstitute`, one
 * read of R and W, and `passes` solves on the factor (one per refinement pass).
 */
export function solveWork(info: EngineInfo, layout: EngineLayout, rows: number, passes = 0): SolveWork {
  const solve = fsubCycles(layout, info, 1) + backCycles(layout, info, 1);
  return {
    engineCycles: accumulateCycles(layout, info, rows) + cholCycles(layout, info, 1) + backCycles(layout, info, 1) + passes * solve,
    hostWords:
      beginWords(layout, info.lanes) +
      rowWords(layout, rows) +
      triangleWords(layout) +
      vectorWords(layout) +
      passes * 2 * vectorWords(layout),
  };
}
