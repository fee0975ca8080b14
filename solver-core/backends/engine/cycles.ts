import type { EngineInfo } from './device.ts';
import type { EngineLayout } from './layout.ts';
import { blocksOfRow, triangleBlocks } from './layout.ts';

/*
 * Clock cycles of the RTL (hdl/README.md, "Cycles"). They are pure functions of operation, sizes and build parameters: the
 * engine never waits for data. Tests compare them with the simulated RTL cycle for cycle.
 */

/** What the cycles depend on besides sizes: N and DW. */
export type CycleEngine = Pick<EngineInfo, 'lanes' | 'wordBits'>;

/** After the last product of a GRAM command its sum still has to reach the Gram memory. */
const gramDrain = 4;
/** Per block of CHOL and BACK besides products and lanes: 3 clocks to the accumulator, 6 through the post-processor. */
const blockLatency = 9;

/** GRAM with `rows` rows: rows·B + 4. */
export function gramCycles(layout: EngineLayout, engine: CycleEngine, rows: number): number {
  return rows * triangleBlocks(layout.features, layout.blocks, engine.lanes) + gramDrain;
}

/** All GRAM commands of `rows` rows given in one call of `accumulate`. */
export function accumulateCycles(layout: EngineLayout, engine: CycleEngine, rows: number): number {
  const commands = Math.ceil(rows / layout.chunkRows);
  return rows * triangleBlocks(layout.features, layout.blocks, engine.lanes) + commands * gramDrain;
}

/** GRAM with forgetting and one row of zeros. */
export function decayCycles(layout: EngineLayout, engine: CycleEngine): number {
  return gramCycles(layout, engine, 1);
}

/** The pivot unit: ceil(log2 F) steps to normalise, F for the root, F for the reciprocal, 5 to get in and out. */
export function pivotCycles(wordBits: number): number {
  const fractionBits = wordBits - 1;
  return Math.ceil(Math.log2(fractionBits)) + 2 * fractionBits + 5;
}

/** CHOL: sum over rows i of pivot + B_i·(max(1, i) + N + 9). */
export function cholCycles(layout: EngineLayout, engine: CycleEngine, _limbs: 1 | 2 = 1): number {
  let sum = layout.features * pivotCycles(engine.wordBits);
  for (let i = 0; i < layout.features; i++) {
    sum += blocksOfRow(i, layout.blocks, engine.lanes) * (Math.max(1, i) + engine.lanes + blockLatency);
  }
  return sum;
}

/** BACK and BACKV: weightBlocks · sum over rows of (max(1, d-1-i) + N + 9). */
export function backCycles(layout: EngineLayout, engine: CycleEngine, _limbs: 1 | 2 = 1): number {
  let sum = 0;
  for (let i = 0; i < layout.features; i++) sum += Math.max(1, i) + engine.lanes + blockLatency;
  return layout.weightBlocks * sum;
}

/** FSUB. */
export function fsubCycles(layout: EngineLayout, engine: CycleEngine, limbs: 1 | 2 = 1): number {
  return backCycles(layout, engine, limbs);
}
