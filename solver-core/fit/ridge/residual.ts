import type { RowSource, SolveContext } from '../backend.ts';
import { addCrossProduct, subtractPrediction } from '../kernels/gram.ts';
import { blockRows, centredBlocks } from './centred-blocks.ts';
import type { Centring } from './statistics.ts';

/**
 * Gradient of the ridge objective from the data, fp64: r = Xᵀ(Y − X W) − λ W, with X and Y centred as the statistics say.
 * w: [live, k]. Returns [live, k]. Time O(2·n·d·k) multiply-adds, one pass over the rows.
 * Working from the rows rather than from a Gram also sees the error that quantised rows put into a Gram.
 */
export async function ridgeResidual(
  source: RowSource,
  statistics: Centring,
  lambda: number,
  w: Float64Array,
  context: SolveContext,
): Promise<Float64Array> {
  const d = statistics.live.length;
  const k = statistics.outputs;
  const residual = new Float64Array(d * k);
  for await (const block of centredBlocks(source, statistics, context)) {
    subtractPrediction(block.x, w, block.paddedRows, d, k, block.y, block.y);
    addCrossProduct(block.x, block.y, block.paddedRows, d, k, residual);
  }
  for (let i = 0; i < residual.length; i++) residual[i] = residual[i]! - lambda * w[i]!;
  return residual;
}

/** (XᵀX + λI) V from the data, fp64; v: [live, k]. One pass over the rows. */
export async function applyNormalMatrix(
  source: RowSource,
  statistics: Centring,
  lambda: number,
  v: Float64Array,
  context: SolveContext,
): Promise<Float64Array> {
  const d = statistics.live.length;
  const k = statistics.outputs;
  const out = new Float64Array(d * k);
  const product = new Float64Array(blockRows * k);
  for await (const block of centredBlocks(source, statistics, context)) {
    const size = block.paddedRows * k;
    product.fill(0, 0, size);
    subtractPrediction(block.x, v, block.paddedRows, d, k, product, product);
    addCrossProduct(block.x, product, block.paddedRows, d, k, out);
  }
  for (let i = 0; i < out.length; i++) out[i] = lambda * v[i]! - out[i]!;
  return out;
}

/** Frobenius norm of any array of numbers. */
export function frobenius(values: Float64Array): number {
  let square = 0;
  for (let i = 0; i < values.length; i++) square += values[i]! * values[i]!;
  return Math.sqrt(square);
}
