import { shapeElements } from './elements.ts';
import type { Layer } from './layer.ts';

/**
 * Rows that one sample gives for the fit of a layer: the output positions of a convolution, the length of a sequence that a dense
 * layer is applied along, else 1. null when a shape is unknown or the layer is not linear in its weights.
 */
export function positionsOf(layer: Layer): number | null {
  const { linear, outputShape } = layer;
  if (linear === null || outputShape === null) return null;
  return shapeElements(linear.patches === null ? outputShape.slice(1, -1) : outputShape.slice(2));
}
