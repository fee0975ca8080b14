/**
 * The multiply-add cells whose switching was characterised from our own gate-level netlists (hdl/mac): a carry-save array multiplier, a
 * radix-4 Booth multiplier, and a shifter for weights that are 0 or powers of two. Each is followed by the same 22-bit adder and registers.
 */
export type MacCellId = 'array' | 'booth' | 'shift';

/** The parts of a cell whose toggles are counted apart, because published tables price them apart. */
export const cellParts = ['multiplier', 'adder', 'registers'] as const;
export type CellPart = (typeof cellParts)[number];

/** Weights a cell may hold: signed 8-bit integers without -128. Index of weight v in every table: v + 127. */
export const weightCount = 255;
export const weightIndex = (weight: number): number => weight + 127;

/**
 * What one unit of a weight-stationary array sees from one cycle to the next: its activation (unsigned 8 bit) and the partial sum that
 * enters it (22 bit two's complement). Order is the streaming order of the data.
 */
export interface Transitions {
  readonly count: number;
  /** [count] */
  readonly activationBefore: Uint8Array;
  readonly activation: Uint8Array;
  /** [count] */
  readonly sumBefore: Int32Array;
  readonly sum: Int32Array;
}

/**
 * Switching energy of a cell in its own unit: 1 is the mean over uniformly random operands and sums, for all parts together. Multiply by
 * the joules that a table gives for such a multiply-add (see anchor.ts).
 */
export interface CellEnergy {
  readonly multiplier: number;
  readonly adder: number;
  readonly registers: number;
}

/** Energy of each weight value on the data of one layer, for each activity class of its inputs. */
export interface LayerEnergyTable {
  readonly layer: string;
  readonly cell: MacCellId;
  /** [d] class of each input, 0..classes-1; class 0 holds the inputs that are always 0. */
  readonly inputClass: Uint8Array;
  readonly classes: number;
  /** [classes, 255] mean energy per multiply-add of a unit that holds weight v, in the unit of `CellEnergy`; all parts together. */
  readonly energy: Float64Array;
  /** [3][classes, 255] the same by part, in the order of `cellParts`. */
  readonly byPart: readonly [Float64Array, Float64Array, Float64Array];
  /** Multiply-adds of each weight in one inference: 1 for dense layers, output positions for convolutions. */
  readonly positions: number;
  /** Transitions sampled per class. */
  readonly samples: number;
}

/** A layer as integers: what the cells work on. */
export interface IntegerLayer {
  readonly id: string;
  /** [d, k] row-major, -127..127. */
  readonly weights: Int8Array;
  readonly d: number;
  readonly k: number;
  /** Activations in streaming order, unsigned 8 bit: dense layers one row per sample, convolutions one row per output position. */
  readonly rows: number;
  /** [rows, d] */
  readonly activations: Uint8Array;
  /** Rows that really follow each other: row r and r + 1 do, unless r + 1 is a multiple of this. Default: all rows. */
  readonly runRows?: number;
  /**
   * Inputs that one sum runs over, a divisor of d. Default: d. Grouped convolutions are stacked: `weights` and `activations` hold group
   * after group, k counts the outputs of one group, and every group starts its sums anew.
   */
  readonly groupInputs?: number;
  /** Multiply-adds of each weight in one inference. */
  readonly positions: number;
}
