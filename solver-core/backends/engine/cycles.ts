import type { EngineInfo } from './device.ts';
import type { EngineLayout } from './layout.ts';
import { blocksOfRow, triangleBlocks } from './layout.ts';

/*
 * Clock cycles of the RTL (hdl/README.md, "Cycles"). They are pure functions of operation, sizes and build parameters: the
 * engine never waits for data. Tests compare them with the simulated RTL cycle for cycle.
 */

/** After the last product of a GRAM command its sum still has to reach the Gram memory. */
const gramDrain = 4;
/** Per block of CHOL and BACK besides products and lanes: 3 clocks to the accumulator, 6 through the post-processor. */
const blockLatency = 9;

/** GRAM with `rows` rows: rows·B + 4. */
export function gramCycles(layout: EngineLayout, lanes: number, rows: number): number {
  return rows * triangleBlocks(layout.features, layout.blocks, lanes) + gramDrain;
}

/** All GRAM commands of `rows` rows given in one call of `accumulate`. */
export function accumulateCycles(layout: EngineLayout, lanes: number, rows: number): number {
  const commands = Math.ceil(rows / layout.chunkRows);
  return rows * triangleBlocks(layout.features, layout.blocks, lanes) + commands * gramDrain;
}

/** The pivot unit: ceil(log2 F) steps to normalise, F for the root, F for the reciprocal, 5 to get in and out. */
export function pivotCycles(wordBits: number): number {
  const fractionBits = wordBits - 1;
  return Math.ceil(Math.log2(fractionBits)) + 2 * fractionBits + 5;
}

/** CHOL: sum over rows i of pivot + B_i·(max(1, i) + N + 9). */
export function cholCycles(layout: EngineLayout, lanes: number, wordBits: number): number {
  let sum = layout.features * pivotCycles(wordBits);
  for (let i = 0; i < layout.features; i++) {
    sum += blocksOfRow(i, layout.blocks, lanes) * (Math.max(1, i) + lanes + blockLatency);
  }
  return sum;
}

/** BACK: weightBlocks · sum over rows of (max(1, d-1-i) + N + 9). */
export function backCycles(layout: EngineLayout, lanes: number): number {
  let sum = 0;
  for (let i = 0; i < layout.features; i++) sum += Math.max(1, i) + lanes + blockLatency;
  return layout.weightBlocks * sum;
}

/** Words over the host port for each call; one clock cycle each (reads add a few cycles of latency per row). */
export const hostWords = {
  /** Clears the triangle, sets the diagonal, clears the padding lanes of the chunk rows. */
  begin(layout: EngineLayout, lanes: number): number {
    const padded = layout.columns % lanes !== 0;
    return triangleBlocks(layout.features, layout.blocks, lanes) + layout.features + (padded ? layout.chunkRows : 0);
  },
  accumulate(layout: EngineLayout, rows: number): number {
    return rows * layout.columns;
  },
  /** The upper part of G, or of R | Z. */
  readTriangle(layout: EngineLayout): number {
    return layout.features * layout.columns - (layout.features * (layout.features - 1)) / 2;
  },
  readWeights(layout: EngineLayout): number {
    return layout.features * layout.outputs;
  },
} as const;

/** Engine cycles and host words of one whole solve: begin, all rows in one call, `factor`, `backSubstitute`, one read of each result. */
export function solveWork(
  info: EngineInfo,
  layout: EngineLayout,
  rows: number,
): { readonly engineCycles: number; readonly hostWords: number } {
  return {
    engineCycles:
      accumulateCycles(layout, info.lanes, rows) + cholCycles(layout, info.lanes, info.wordBits) + backCycles(layout, info.lanes),
    hostWords:
      hostWords.begin(layout, info.lanes) +
      hostWords.accumulate(layout, rows) +
      2 * hostWords.readTriangle(layout) +
      hostWords.readWeights(layout),
  };
}
