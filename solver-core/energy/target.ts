import type { Dataflow } from './mapping/nest.ts';
import type { Band } from './quantity.ts';

/** The operations a table must price, in joules per operation. */
export const tableOperations = [
  'int8MulJ',
  'int32AddJ',
  'int32MulJ',
  'fp16AddJ',
  'fp16MulJ',
  'fp32AddJ',
  'fp32MulJ',
  'fp64AddJ',
  'fp64MulJ',
] as const;

export type TableOperation = (typeof tableOperations)[number];

/** A published table of energy per arithmetic operation, a file under `energy/tables`. */
export interface EnergyTable {
  readonly id: string;
  readonly name: string;
  readonly process: string;
  /** Full reference, for documents; the operations carry the short one. */
  readonly ref: string;
  readonly operations: Readonly<Record<TableOperation, Band>>;
}

/**
 * The numbers a target computes with.
 * `model`: the widths of the model's own tensors. `fixed`: integers of `bits`, or of the model's width where that is narrower,
 * summed in `accumulatorBits`. `float`: IEEE numbers of `bits`, whatever the model stores.
 */
export type Arithmetic =
  | { readonly kind: 'model' }
  | { readonly kind: 'fixed'; readonly bits: number; readonly accumulatorBits: number }
  | { readonly kind: 'float'; readonly bits: 16 | 32 | 64 };

/** One level of a target's memory, nearest first. The last one is unbounded (`sizeBytes` null). */
export interface MemoryLevel {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number | null;
  readonly energyPerBitJ: Band;
  /** Bits that it can move per clock cycle, reads and writes together; absent: an array never waits for it. */
  readonly bitsPerCycle?: Band;
  /** The kind of DRAM whose energy per bit this is, where the file names one instead of a number. */
  readonly dram?: string;
}

/**
 * Energy of one access: joules per bit, or that of so many multiply-adds of the target's inference arithmetic per word of its width
 * (for tables that are published relative to a multiply-add; the joules then follow from the constant tables).
 */
export type AccessEnergy =
  { readonly kind: 'per-bit'; readonly energyPerBitJ: Band } | { readonly kind: 'relative'; readonly macsPerWord: Band };

/** An array of multiply-add units. Its buffer is the target's first memory, its DRAM the last. */
export interface ArrayOnTarget {
  readonly rows: number;
  readonly columns: number;
  readonly dataflow: Dataflow;
  /** Words that one unit holds; they limit the row-stationary dataflow. */
  readonly registerWords: { readonly weights: number; readonly inputs: number; readonly outputs: number };
  /** Weights go from DRAM through the buffer to the units without staying there. */
  readonly weightsPassThrough: boolean;
  /** True: a word that comes to be held, or leaves as a result, costs an access of its own. False: the transfer's energy holds it. */
  readonly chargeArrivals: boolean;
  /** Energy per access of each level. Buffer and DRAM: null takes that of the memory. */
  readonly access: {
    readonly registers: AccessEnergy;
    readonly array: AccessEnergy;
    readonly buffer: AccessEnergy | null;
    readonly dram: AccessEnergy | null;
  };
  /** Energy of a unit in a cycle in which it does not multiply. */
  readonly idlePerUnitCycleJ: Band;
  /** Energy of a unit's multiply-add over that of the constant tables; 1 where absent. */
  readonly multiplyAddFactor?: Band;
  /** What weights a unit can hold; absent: any of its width. */
  readonly weightValues?: 'powers-of-two';
}

/** What the parts of event-driven inference cost. */
export interface EventCosts {
  /** Capturing, generating and sending one event. */
  readonly eventJ: Band;
  /** Multiplication and addition, instead of the constant tables. */
  readonly macJ: Band;
  readonly weightLoadJ: Band;
  /** Reading and writing the sum. */
  readonly stateAccessJ: Band;
  /** Comparing one element with a threshold, magnitude included; absent: a multiply-add. */
  readonly thresholdJ?: Band;
  /** Taking a centre off one element; absent: a multiply-add. */
  readonly centreJ?: Band;
}

/**
 * A processor that works on events: a nonzero input is sent and makes the multiply-adds of all weights it meets. Low ends of 0 for
 * `weightLoadsPerMac` and `stateAccessesPerMac` give the model without memory accesses, high ends that with all of them.
 */
export interface EventsOnTarget extends EventCosts {
  /** Share of the inputs that are not zero, where nobody measured it. */
  readonly nonzeroInputs: Band;
  readonly weightLoadsPerMac: Band;
  readonly stateAccessesPerMac: Band;
  /** Id of the table that the costs are of, where the file names one instead of numbers. */
  readonly costs?: string;
}

/** What our engine adds on a target that carries it. */
export interface EngineOnTarget {
  /** Fraction of the lanes that multiply in an average cycle. */
  readonly activity: Band;
  /** Energy per bit over the port between host and engine. */
  readonly linkEnergyPerBitJ: Band;
  /** Id of the target whose constants price the refinement passes, which the host computes. */
  readonly refineOn: string;
}

/** What a target is. */
export const targetKinds = ['fpga', 'asic', 'cpu', 'gpu', 'neuromorphic'] as const;

/** The hardware whose energy is estimated: a data file under `energy/targets`. */
export interface EnergyTarget {
  readonly id: string;
  readonly name: string;
  readonly kind: (typeof targetKinds)[number];
  readonly summary: string;
  readonly clockHz: Band;
  /** Multiply-adds finished per cycle, on average. */
  readonly macsPerCycle: Band;
  /** Energy of an operation on this target over that of the tables' ASIC (ρ of the method for FPGAs). */
  readonly arithmeticFactor: Band;
  /** Energy per multiply-add beside the arithmetic: instructions, operand registers. Not multiplied by `arithmeticFactor`. */
  readonly overheadPerMacJ: Band;
  /** Power drawn while nothing switches; null where `overheadPerMacJ` holds it. */
  readonly staticPowerW: Band | null;
  /** How often each byte crosses its memory per pass over a layer. */
  readonly refetch: Band;
  readonly memories: readonly MemoryLevel[];
  readonly arithmetic: { readonly inference: Arithmetic; readonly training: Arithmetic; readonly solve: Arithmetic };
  readonly engine: EngineOnTarget | null;
  /** Present where layers are mapped to an array of units; inference is then counted level by level. */
  readonly array?: ArrayOnTarget;
  /** Present where inference is counted by events. */
  readonly events?: EventsOnTarget;
  /** True: measurements bound the energy per multiply-add, so that the spread of the constant tables no longer counts. Default false. */
  readonly isComputeMeasured?: boolean;
  /** Prices retraining where that differs: a calibration on inference moves its constants, too, but bounds nothing about it. */
  readonly retraining?: EnergyTarget;
}
