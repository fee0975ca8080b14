import type { Dtype } from '../../model/tensor.ts';

/** What a value holds. All are stored as float32: integers exactly up to 2^24, truth as 0 and 1. */
export type ValueKind = 'float' | 'int' | 'bool';

/** Memory of one or more values; returned when nothing reads it any more. */
export interface Storage {
  readonly address: number;
  readonly bytes: number;
  /** Kept as long as the program: constants, inputs and outputs of the model. */
  readonly kept: boolean;
}

/** A tensor without gaps, row-major, at a place that is known when the program is made. */
export interface Value {
  readonly address: number;
  readonly dims: readonly number[];
  readonly kind: ValueKind;
  /** Never changes from run to run: stored, or made from what is. */
  readonly constant: boolean;
  /** null: lists of nonzeros take the place of the elements. */
  readonly storage: Storage | null;
}

export function elementsOf(dims: readonly number[]): number {
  return dims.reduce((a, b) => a * b, 1);
}

/** 'float' for the floating types, 'int' for whole numbers; undefined for what cannot be computed with here. */
export function kindOf(dtype: Dtype): ValueKind | undefined {
  if (dtype === 'bool') return 'bool';
  if (dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16') return 'float';
  return /^u?int(8|16|32|64)$/.test(dtype) ? 'int' : undefined;
}
