import type { CentredBlock } from '../../fit/ridge/centred-blocks.ts';
import type { RidgeStatistics } from '../../fit/ridge/statistics.ts';
import type { EngineInfo } from './device.ts';

/**
 * How fp64 rows become engine words: word = round(value · factor). With s_j² = G_jj + λ every feature column, ridge term included,
 * gets the same diagonal α² in the engine's Gram (Jacobi scaling; hardware reference 1.3).
 */
export interface Quantisation {
  /** α: root of the diagonal of the Gram in words. */
  readonly alpha: number;
  /** [d] s_j: norm of the column with its ridge term. */
  readonly columnNorm: Float64Array;
  /** [d] words per unit of the centred inputs, α / s_j. */
  readonly factorX: Float64Array;
  /** [k] words per unit of the centred targets; 0 for a constant target. */
  readonly factorY: Float64Array;
  /** [d] the ridge term in units of one product of two words, integers. */
  readonly diagonal: Float64Array;
}

/**
 * Targets are scaled to this fraction of the columns' norm. |Z| < 1 would hold at 1; W grows with the condition of the problem, and
 * each factor 2 here doubles what it may reach. What is lost in target bits, refinement gives back.
 */
const targetHeadroom = 2 ** -2;

/**
 * The finest word scale that neither clips a word nor can overflow the exact Gram:
 *   α · max |x_kj / s_j| <= 2^(DW-1) - 1           every word fits, nothing is clipped
 *   (α + √n / 2)² + 1 <= 2^(AW-1)                   G_jj, rounding of n words included; by Cauchy-Schwarz every other entry too
 * The second is the overflow bound n_max of the hardware reference (1.2) written for data of any distribution instead of full-scale words.
 */
export function planQuantisation(
  statistics: RidgeStatistics,
  lambda: number,
  info: Pick<EngineInfo, 'wordBits' | 'accumulatorBits'>,
): Quantisation {
  const { squaresX, squaresY, largestX, largestY, rows } = statistics;
  const top = 2 ** (info.wordBits - 1) - 1;
  const columnNorm = squaresX.map((square) => Math.sqrt(square + lambda));
  let steepest = 0;
  for (let j = 0; j < columnNorm.length; j++) steepest = Math.max(steepest, largestX[j]! / columnNorm[j]!);
  const alpha = Math.min(top / steepest, Math.sqrt(2 ** (info.accumulatorBits - 1)) - 0.5 * Math.sqrt(rows) - 1);
  return {
    alpha,
    columnNorm,
    factorX: columnNorm.map((norm) => alpha / norm),
    factorY: squaresY.map((square, o) => (square === 0 ? 0 : Math.min((targetHeadroom * alpha) / Math.sqrt(square), top / largestY[o]!))),
    diagonal: columnNorm.map((norm) => Math.round((alpha * alpha * lambda) / (norm * norm))),
  };
}

/** Bits that every word of the plan fits into, sign included. */
export function wordBitsNeeded(plan: Quantisation, statistics: Pick<RidgeStatistics, 'largestX' | 'largestY'>): number {
  let largest = 1;
  plan.factorX.forEach((factor, j) => (largest = Math.max(largest, Math.round(statistics.largestX[j]! * factor))));
  plan.factorY.forEach((factor, o) => (largest = Math.max(largest, Math.round(statistics.largestY[o]! * factor))));
  let bits = 1;
  while (2 ** (bits - 1) <= largest) bits++;
  return bits;
}

/** Outputs firstOutput.. of a problem, as many as fit the engine beside the features. */
export interface OutputGroup {
  readonly first: number;
  readonly count: number;
}

/**
 * Words of a block: [rows, d + count], features then the group's targets. Adds the squares of the words to `squares`, [d + count],
 * exact integers. The words are the caller's until the next call with the same buffer.
 */
export function quantiseBlock(
  block: CentredBlock,
  plan: Quantisation,
  group: OutputGroup,
  into: Int32Array,
  squares: Float64Array,
): Int32Array {
  const d = plan.factorX.length;
  const k = plan.factorY.length;
  const columns = d + group.count;
  for (let r = 0; r < block.rows; r++) {
    const at = r * columns;
    for (let j = 0; j < d; j++) {
      const word = Math.round(block.x[r * d + j]! * plan.factorX[j]!);
      into[at + j] = word;
      squares[j] = squares[j]! + word * word;
    }
    for (let o = 0; o < group.count; o++) {
      const word = Math.round(block.y[r * k + group.first + o]! * plan.factorY[group.first + o]!);
      into[at + d + o] = word;
      squares[d + o] = squares[d + o]! + word * word;
    }
  }
  return into.subarray(0, block.rows * columns);
}
