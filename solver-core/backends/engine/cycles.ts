import type { EngineInfo, Limbs } from './device.ts';
import type { EngineLayout } from './layout.ts';
import { blocksOfRow, triangleBlocks } from './layout.ts';

/*
 * Clock cycles of the RTL (hdl/README.md, "Cycles"). They are pure functions of operation, sizes and build parameters: the
 * engine never waits for data. Tests compare them with the simulated RTL cycle for cycle.
 */

/** What the cycles depend on besides sizes: N and DW. */
export type CycleEngine = Pick<EngineInfo, 'lanes' | 'wordBits'>;

/** GRAM besides its products: one clock to begin, four until the last sum is in the Gram memory. */
const gramOverhead = 5;
/** From the issue of the last term of a block to the clock in which its first lane leaves. */
const sumLatency = 5;
/** From there to its difference, and to the clock in which the results of the block are written. */
const differenceLatency = 3;
const resultLatency = 7;

/** GRAM with `rows` rows: rows·B + 5. */
export function gramCycles(layout: EngineLayout, engine: CycleEngine, rows: number): number {
  return rows * triangleBlocks(layout.features, layout.blocks, engine.lanes) + gramOverhead;
}

/** All GRAM commands of `rows` rows given in one call of `accumulate`. */
export function accumulateCycles(layout: EngineLayout, engine: CycleEngine, rows: number): number {
  const commands = Math.ceil(rows / layout.chunkRows);
  return rows * triangleBlocks(layout.features, layout.blocks, engine.lanes) + commands * gramOverhead;
}

/** GRAM with forgetting: a pass over the triangle in which every block leaves and comes back, then the products of `rows` rows. */
export function decayCycles(layout: EngineLayout, engine: CycleEngine, rows = 1): number {
  const time = new Timeline(engine, 1);
  for (let i = 0; i < layout.features; i++) {
    const blocks = blocksOfRow(i, layout.blocks, engine.lanes);
    for (let b = 0; b < blocks; b++) time.block({ runs: [1], alone: blocks === 1, writes: false });
  }
  return time.cycles() + gramCycles(layout, engine, rows);
}

/** Clocks between the pivot's difference and the lane's second, useful departure: to normalise, for the root and the reciprocal. */
export function pivotCycles(wordBits: number, limbs: Limbs = 1): number {
  const fractionBits = limbs * (wordBits - 1);
  return Math.ceil(Math.log2(fractionBits)) + 2 * fractionBits - 3;
}

/** CHOL: rows of the triangle; the first block of each waits for its pivot. */
export function cholCycles(layout: EngineLayout, engine: CycleEngine, limbs: Limbs = 1): number {
  const time = new Timeline(engine, limbs);
  for (let i = 0; i < layout.features; i++) {
    const blocks = blocksOfRow(i, layout.blocks, engine.lanes);
    const runs = new Array<number>(limbs === 2 ? 3 : 1).fill(Math.max(1, i));
    for (let b = 0; b < blocks; b++) {
      time.block({ runs, alone: blocks === 1, writes: true, ...(b === 0 ? { pivotLane: i % engine.lanes } : {}) });
    }
  }
  return time.cycles();
}

/** BACK and BACKV: each row takes one term more than its predecessor, after the right-hand side. */
export function backCycles(layout: EngineLayout, engine: CycleEngine, limbs: Limbs = 1): number {
  const time = new Timeline(engine, limbs);
  for (let n = 0; n < layout.features; n++) {
    const runs = limbs === 2 ? [n + 1, Math.max(1, n), n + 1] : [n + 1];
    for (let b = 0; b < layout.weightBlocks; b++) time.block({ runs, alone: layout.weightBlocks === 1, writes: true });
  }
  return time.cycles();
}

/** FSUB: the same walk as BACK, from the first row. */
export function fsubCycles(layout: EngineLayout, engine: CycleEngine, limbs: Limbs = 1): number {
  return backCycles(layout, engine, limbs);
}

interface Block {
  /** Terms of each run: one, or with two limbs three of which the second completes a sum, too. */
  readonly runs: readonly number[];
  /** The only block of its row. */
  readonly alone: boolean;
  /** Results go to the operand memory, whose port B is then taken. */
  readonly writes: boolean;
  /** First block of a row of CHOL: lanes before this one are empty, this one is the pivot. */
  readonly pivotLane?: number;
}

/** The clocks of a command whose sums leave through the post-processor, block by block. The clock after the start is number 1. */
class Timeline {
  private readonly lanes: number;
  private readonly limbs: Limbs;
  private readonly pivot: number;
  /** Next clock in which a term may be issued; the first clock sets the position up. */
  private next = 2;
  /** Clock from which the copy of a sum may be replaced by one whose last term is issued then. */
  private free = 0;
  /** Last clock in which the results of the block before, and of the one before that, are on their way. */
  private retired = 0;
  private retiredBefore = 0;
  private writes: readonly number[] = [];

  constructor(engine: CycleEngine, limbs: Limbs) {
    this.lanes = engine.lanes;
    this.limbs = limbs;
    this.pivot = pivotCycles(engine.wordBits, limbs);
  }

  block(block: Block): void {
    const { runs } = block;
    let last = 0;
    runs.forEach((terms, run) => {
      this.advance(terms - 1);
      // The last term reads results of the row before, and at most two blocks of results are on their way.
      let clock = Math.max(this.next, this.retiredBefore + 1);
      if (block.alone) clock = Math.max(clock, this.retired + 1);
      if (run === Math.max(0, runs.length - 2)) clock = Math.max(clock, this.free);
      this.next = clock;
      this.advance(1);
      last = this.next - 1;
    });
    this.leave(block, last + sumLatency);
  }

  cycles(): number {
    return this.retired + 1;
  }

  /** The sums of a block leave, one lane per clock from clock `first` on. */
  private leave(block: Block, first: number): void {
    const lane = block.pivotLane ?? 0;
    const start = block.pivotLane === undefined ? first : first + lane + differenceLatency + this.pivot;
    const end = start + this.lanes - 1 - lane;
    this.free = start + Math.max(0, this.lanes - 4 - lane);
    this.retiredBefore = this.retired;
    if (!block.writes) {
      this.retired = end + differenceLatency;
      return;
    }
    const written = end + resultLatency;
    this.retired = written + this.limbs - 1;
    this.writes = [...this.writes.slice(-this.limbs), ...(this.limbs === 2 ? [written, written + 1] : [written])];
  }

  /** Issues `count` terms, none in a clock that writes results. */
  private advance(count: number): void {
    if (count === 0) return;
    let end = this.next + count - 1;
    for (const clock of this.writes) if (clock >= this.next && clock <= end) end++;
    this.next = end + 1;
  }
}
