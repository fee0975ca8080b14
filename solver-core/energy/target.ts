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

/** The hardware whose energy is estimated: a data file under `energy/targets`. */
export interface EnergyTarget {
  readonly id: string;
  readonly name: string;
  readonly kind: 'fpga' | 'asic' | 'cpu';
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
  /** True: measurements bound the energy per multiply-add, so that the spread of the constant tables no longer counts. Default false. */
  readonly isComputeMeasured?: boolean;
}
