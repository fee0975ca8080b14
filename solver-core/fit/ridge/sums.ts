import { assert } from '../../model/error.ts';

/**
 * Sufficient statistics of a ridge problem (method 2.1): everything a fit, another λ, more rows or fewer rows need. Sums are plain,
 * not centred, so that they can be merged; fp64.
 */
export interface RidgeSums {
  /** Number of rows; a weighted count when older rows were forgotten in part. */
  readonly rows: number;
  /** d, without a bias column. */
  readonly columns: number;
  /** k. */
  readonly outputs: number;
  /** [d] Σ x. */
  readonly sumX: Float64Array;
  /** [k] Σ y. */
  readonly sumY: Float64Array;
  /** [d, d] XᵀX, lower triangle; the upper one is undefined. */
  readonly gram: Float64Array;
  /** [d, k] XᵀY. */
  readonly cross: Float64Array;
  /** [k] Σ y². */
  readonly squareY: Float64Array;
}

export function emptySums(columns: number, outputs: number): RidgeSums {
  return {
    rows: 0,
    columns,
    outputs,
    sumX: new Float64Array(columns),
    sumY: new Float64Array(outputs),
    gram: new Float64Array(columns * columns),
    cross: new Float64Array(columns * outputs),
    squareY: new Float64Array(outputs),
  };
}

/** a·scale + b·sign. `scale` below 1 forgets older rows, `sign` -1 removes rows. Both must have the same columns and outputs. */
export function combineSums(a: RidgeSums, b: RidgeSums, scale = 1, sign: 1 | -1 = 1): RidgeSums {
  assert(
    a.columns === b.columns && a.outputs === b.outputs,
    `sums of ${a.columns} x ${a.outputs} and ${b.columns} x ${b.outputs} do not combine`,
  );
  const mix = (x: Float64Array, y: Float64Array): Float64Array => x.map((v, i) => scale * v + sign * y[i]!);
  return {
    rows: scale * a.rows + sign * b.rows,
    columns: a.columns,
    outputs: a.outputs,
    sumX: mix(a.sumX, b.sumX),
    sumY: mix(a.sumY, b.sumY),
    gram: mix(a.gram, b.gram),
    cross: mix(a.cross, b.cross),
    squareY: mix(a.squareY, b.squareY),
  };
}

/** The same sums with further outputs that were 0 in every row so far (one-hot targets of new classes, method 3.2). */
export function growOutputs(sums: RidgeSums, outputs: number): RidgeSums {
  assert(outputs >= sums.outputs, `outputs shrink from ${sums.outputs} to ${outputs}`);
  if (outputs === sums.outputs) return sums;
  const { columns, outputs: old } = sums;
  const cross = new Float64Array(columns * outputs);
  for (let j = 0; j < columns; j++) cross.set(sums.cross.subarray(j * old, (j + 1) * old), j * outputs);
  const widen = (values: Float64Array): Float64Array => {
    const wide = new Float64Array(outputs);
    wide.set(values);
    return wide;
  };
  return { ...sums, outputs, cross, sumY: widen(sums.sumY), squareY: widen(sums.squareY) };
}
