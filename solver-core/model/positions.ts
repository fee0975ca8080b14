import type { Layer } from './layer.ts';

/**
 * Rows that one sample gives for the fit of a layer: the output positions of a convolution, the length of a sequence that a dense
 * layer is applied along, else 1. null when a shape is unknown or the layer is not linear in its weights.
 */
export function positionsOf(layer: Layer): number | null {
  const { linear, outputShape } = layer;
  if (linear === null || outputShape === null) return null;
  const dims = linear.patches === null ? outputShape.slice(1, -1) : outputShape.slice(2);
  // Rounded beyond 2^53: a file may ask for any padding, and too many is not the same as unknown.
  return dims.every((dim) => typeof dim === 'number') ? dims.reduce((product, dim) => product * dim, 1) : null;
}

/**
 * Rows of the ridge problem that one sample gives: one for each position, or a single one where the layer answers through the mean
 * over its positions, because its mean input gives its mean output. 1 where the positions are unknown.
 */
export function solveRowsPerSample(layer: Layer): number {
  return layer.averaged ? 1 : (positionsOf(layer) ?? 1);
}
