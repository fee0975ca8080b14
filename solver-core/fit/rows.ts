/** What the rows are labelled with; a data set's labels fit as they are. */
export type RowLabels =
  | {
      readonly kind: 'class';
      /** [rows] class index, 0 .. classes-1. */
      readonly values: Int32Array;
      readonly classes: number;
      /** What the data calls the classes, by index; null or absent: by their numbers. */
      readonly names?: readonly string[] | null;
    }
  | {
      readonly kind: 'regression';
      /** [rows, outputs] row-major. */
      readonly values: Float32Array;
      readonly outputs: number;
    };

/** Labelled rows in memory. */
export interface LabelledRows {
  readonly rows: number;
  /** Shape of one row; [] for a single number. */
  readonly inputShape: readonly number[];
  /** [rows, ...inputShape] row-major. */
  readonly x: Float32Array;
  /** The same numbers as the file stores them, where it stores 8-bit unsigned integers: sums of the rows can then be exact. */
  readonly bytes?: Uint8Array;
  readonly labels: RowLabels;
}

/** The input of a model that the rows go into. */
export interface ModelInput {
  readonly name: string;
  /** With the batch as first dimension. */
  readonly shape: readonly (number | string | null)[] | null;
}

/**
 * Shape of one row as the model wants it: its own shape, also when the two differ in dimensions of size 1 only ([28, 28] goes into
 * [1, 28, 28]). Unknown dimensions of the model take what the row has. undefined: the row does not fit.
 */
export function rowShapeFor(input: ModelInput, rowShape: readonly number[]): readonly number[] | undefined {
  if (input.shape === null) return rowShape;
  const wanted = input.shape.slice(1);
  if (wanted.length === rowShape.length && wanted.every((dim, i) => typeof dim !== 'number' || dim === rowShape[i])) return rowShape;
  if (!wanted.every((dim) => typeof dim === 'number')) return undefined;
  const squeeze = (shape: readonly number[]): string => shape.filter((dim) => dim !== 1).join();
  return squeeze(wanted) === squeeze(rowShape) ? wanted : undefined;
}

/** Rows per batch the model is run on: what its first dimension fixes, else at most `preferred`. */
export function batchSize(input: ModelInput, preferred: number): number {
  const first = input.shape?.[0];
  return typeof first === 'number' && first > 0 ? first : preferred;
}

/** Targets per row for a layer whose outputs answer the labels: one-hot classes, or the labels' own numbers. A single output takes the class index as a number. */
export interface LabelTargets {
  readonly width: number;
  /** 'one-hot' or 'values'. */
  readonly kind: 'one-hot' | 'values';
  /** Writes [count, width] for the rows from `firstRow` on. */
  fill(firstRow: number, count: number, into: Float32Array): void;
}

/** Label targets for `outputs` outputs. Classes must be below `outputs` (preflight checks it). */
export function labelTargets(labels: RowLabels, outputs: number): LabelTargets {
  if (labels.kind === 'class' && outputs > 1) {
    return {
      width: outputs,
      kind: 'one-hot',
      fill(firstRow, count, into) {
        into.fill(0, 0, count * outputs);
        for (let r = 0; r < count; r++) into[r * outputs + labels.values[firstRow + r]!] = 1;
      },
    };
  }
  const width = labels.kind === 'class' ? 1 : labels.outputs;
  return {
    width,
    kind: 'values',
    fill(firstRow, count, into) {
      for (let i = 0; i < count * width; i++) into[i] = labels.values[firstRow * width + i]!;
    },
  };
}
