import { backCycles, cholCycles, decayCycles, fsubCycles, gramCycles } from './cycles.ts';
import type { EngineInfo, Limbs } from './device.ts';
import type { EngineLayout } from './layout.ts';
import type { EngineCommand } from './link.ts';

/** Addresses of the engine's ports wrap here; memories may be smaller. */
const addressRange = 2 ** 24;

/** A command for a problem, with the cycles that the formula predicts: an engine that takes others is not the one we know. */
export interface PlannedCommand {
  readonly command: EngineCommand;
  readonly cycles: number;
}

function base(layout: EngineLayout, operation: EngineCommand['operation']): EngineCommand {
  return {
    operation,
    twoLimbs: false,
    subtract: false,
    decay: 0,
    shift: 0,
    features: layout.features,
    blocks: layout.blocks,
    rows: 1,
    rowBase: 0,
    vecBase: 0,
  };
}

/** GRAM with `rows` rows of the chunk area, 1 <= rows <= chunkRows. */
export function gramCommand(layout: EngineLayout, info: EngineInfo, rows: number, subtract: boolean): PlannedCommand {
  return { command: { ...base(layout, 'gram'), rows, rowBase: layout.rowBase, subtract }, cycles: gramCycles(layout, info, rows) };
}

/** Forgetting: GRAM with the first row of the chunk area, which has to be zero. */
export function decayCommand(layout: EngineLayout, info: EngineInfo, shift: number): PlannedCommand {
  return { command: { ...base(layout, 'gram'), rowBase: layout.rowBase, decay: shift }, cycles: decayCycles(layout, info) };
}

/** CHOL. */
export function cholCommand(layout: EngineLayout, info: EngineInfo, shift: number, limbs: Limbs): PlannedCommand {
  return { command: { ...base(layout, 'chol'), shift, twoLimbs: limbs === 2 }, cycles: cholCycles(layout, info, limbs) };
}

/** BACK (W from Z beside R) or BACKV (in place in the vector rows): both walk from the last row up. */
export function backCommand(layout: EngineLayout, info: EngineInfo, operation: 'back' | 'backv', limbs: Limbs): PlannedCommand {
  const last = layout.features - 1;
  return {
    command: {
      ...base(layout, operation),
      twoLimbs: limbs === 2,
      rowBase: last * layout.blocks * limbs,
      // The engine adds the block number counted from column 0; vector rows start at the first output block.
      vecBase: wrapped(layout.weightBase + last * layout.weightBlocks * limbs - layout.outputBlock),
    },
    cycles: backCycles(layout, info, limbs),
  };
}

/** FSUB, in place in the vector rows. */
export function fsubCommand(layout: EngineLayout, info: EngineInfo, limbs: Limbs): PlannedCommand {
  return {
    command: { ...base(layout, 'fsub'), twoLimbs: limbs === 2, vecBase: wrapped(layout.weightBase - layout.outputBlock) },
    cycles: fsubCycles(layout, info, limbs),
  };
}

function wrapped(address: number): number {
  return (address + addressRange) % addressRange;
}
