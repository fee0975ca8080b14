import { checkAbort } from '../../model/abort.ts';
import { TierwiseError, assert } from '../../model/error.ts';
import type { RidgeProblem, RowSource, RowValues, SolveContext } from '../backend.ts';

/** What one pass over the rows of a ridge problem tells. "Centred" means: minus the mean when the problem has a bias, else as they are. */
export interface RidgeStatistics {
  readonly rows: number;
  /** d of the problem, dead columns included. */
  readonly columns: number;
  readonly outputs: number;
  /** Indices of the columns that carry information, increasing. */
  readonly live: Int32Array;
  /** The other columns: constant (with a bias) or zero (without); their weights are 0. */
  readonly dead: readonly number[];
  /** [live] what is subtracted from each live column; zeros without a bias. */
  readonly centreX: Float64Array;
  /** [outputs] likewise for the targets. */
  readonly centreY: Float64Array;
  /** [live] Σ x² of the centred columns, the diagonal of the Gram. */
  readonly squaresX: Float64Array;
  /** [outputs] Σ y² of the centred targets. */
  readonly squaresY: Float64Array;
  /** [live] largest |x| of the centred column. */
  readonly largestX: Float64Array;
  /** [outputs] largest |y| of the centred targets. */
  readonly largestY: Float64Array;
  /** tr(G)/d over all columns of the problem. */
  readonly meanDiagonal: number;
}

/** Which columns are solved for and what is subtracted from them. */
export type Centring = Pick<RidgeStatistics, 'columns' | 'outputs' | 'live' | 'centreX' | 'centreY'>;

interface Columns {
  readonly first: Float64Array;
  readonly sum: Float64Array;
  readonly square: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * Reads all rows once. Sums are shifted by the first row, so a large common offset costs no digits.
 * Rejects with `too-few-rows` for an empty source and `non-finite-rows` when a value is infinite or not a number.
 */
export async function ridgeStatistics(problem: RidgeProblem, context: SolveContext): Promise<RidgeStatistics> {
  const { source, bias } = problem;
  const { columns: d, outputs: k } = source;
  const x = emptyColumns(d);
  const y = emptyColumns(k);
  const rows = await sumRows(source, x, y, context);
  if (rows === 0)
    throw new TierwiseError(
      'too-few-rows',
      'the layer cannot be solved: there are no rows to fit',
      'Check the data clause of the plan and its split.',
    );
  assert(rows === source.rows, `the row source announced ${source.rows} rows and gave ${rows}`);
  requireFinite(x, 'input', d);
  requireFinite(y, 'target', k);

  const live: number[] = [];
  const dead: number[] = [];
  for (let j = 0; j < d; j++) {
    const isConstant = bias ? x.low[j] === x.high[j] : x.low[j] === 0 && x.high[j] === 0;
    (isConstant ? dead : live).push(j);
  }
  const finishedX = finish(x, rows, bias, live);
  const finishedY = finish(
    y,
    rows,
    bias,
    Array.from({ length: k }, (_, o) => o),
  );
  return {
    rows,
    columns: d,
    outputs: k,
    live: Int32Array.from(live),
    dead,
    centreX: finishedX.centre,
    centreY: finishedY.centre,
    squaresX: finishedX.squares,
    squaresY: finishedY.squares,
    largestX: finishedX.largest,
    largestY: finishedY.largest,
    meanDiagonal: d === 0 ? 0 : finishedX.squares.reduce((total, v) => total + v, 0) / d,
  };
}

/** λ of a problem: as asked, else 1e-3 of the mean diagonal of the centred Gram (method of the default in `RidgeProblem`). */
export function askedLambda(problem: RidgeProblem, statistics: Pick<RidgeStatistics, 'meanDiagonal'>): number {
  return problem.lambda ?? 1e-3 * statistics.meanDiagonal;
}

/** λ that singular equations continue with when 0 was asked: 1e-8 of the mean diagonal, known to be enough for dead units (method reference 2.4). */
export function singularLambda(meanDiagonal: number): number {
  return 1e-8 * meanDiagonal;
}

async function sumRows(source: RowSource, x: Columns, y: Columns, context: SolveContext): Promise<number> {
  let rows = 0;
  for await (const chunk of source.chunks()) {
    checkAbort(context.abort);
    addColumns(x, chunk.x, chunk.rows, rows === 0);
    addColumns(y, chunk.y, chunk.rows, rows === 0);
    rows += chunk.rows;
    await context.host.pause();
  }
  return rows;
}

function emptyColumns(n: number): Columns {
  return {
    first: new Float64Array(n),
    sum: new Float64Array(n),
    square: new Float64Array(n),
    low: new Float64Array(n).fill(Infinity),
    high: new Float64Array(n).fill(-Infinity),
  };
}

function addColumns(into: Columns, values: RowValues, rows: number, isFirst: boolean): void {
  const { first, sum, square, low, high } = into;
  const n = first.length;
  if (isFirst && rows > 0) first.set(values.subarray(0, n));
  for (let r = 0; r < rows; r++) {
    const at = r * n;
    for (let j = 0; j < n; j++) {
      const v = values[at + j]!;
      const shifted = v - first[j]!;
      sum[j] = sum[j]! + shifted;
      square[j] = square[j]! + shifted * shifted;
      if (v < low[j]!) low[j] = v;
      if (v > high[j]!) high[j] = v;
    }
  }
}

function requireFinite(columns: Columns, what: string, n: number): void {
  for (let j = 0; j < n; j++) {
    if (Number.isFinite(columns.square[j]!) && Number.isFinite(columns.sum[j]!)) continue;
    throw new TierwiseError(
      'non-finite-rows',
      `the layer cannot be solved: ${what} column ${j} holds a value that is infinite, not a number, or too large to square`,
      'Check the data for such values, and the layers below for weights that overflow.',
    );
  }
}

function finish(
  columns: Columns,
  rows: number,
  bias: boolean,
  chosen: readonly number[],
): { centre: Float64Array; squares: Float64Array; largest: Float64Array } {
  const centre = new Float64Array(chosen.length);
  const squares = new Float64Array(chosen.length);
  const largest = new Float64Array(chosen.length);
  chosen.forEach((j, at) => {
    const shiftedMean = columns.sum[j]! / rows;
    const first = columns.first[j]!;
    const isConstant = columns.low[j] === columns.high[j];
    const mean = isConstant ? first : first + shiftedMean;
    const centredSquares = isConstant ? 0 : Math.max(0, columns.square[j]! - rows * shiftedMean * shiftedMean);
    centre[at] = bias ? mean : 0;
    squares[at] = bias ? centredSquares : centredSquares + rows * mean * mean;
    largest[at] = Math.max(Math.abs(columns.low[j]! - centre[at]!), Math.abs(columns.high[j]! - centre[at]!));
  });
  return { centre, squares, largest };
}
