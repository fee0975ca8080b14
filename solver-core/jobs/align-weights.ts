import { TierwiseError } from '../model/error.ts';
import type { LayerWeight } from '../onnx/layer-weight.ts';

/** Largest tensor that is turned over in memory to stand in the order of another. */
const maxTurned = 2 ** 24;

/**
 * `weight` in the order of `like`, when both are weights of one shape: as it is, or turned over where one of them is stored transposed.
 * null (and `weight` closed) when their shapes differ, or when it is too large to be turned over.
 */
export function alignedWith(weight: LayerWeight, like: LayerWeight): LayerWeight | null {
  const [rows, columns] = weight.dims;
  if (weight.elements === like.elements && weight.swapped === like.swapped && (sameDims(weight, like) || isFlat(weight, like)))
    return weight;
  const isTurned =
    weight.swapped !== like.swapped &&
    weight.dims.length === 2 &&
    like.dims.length === 2 &&
    rows === like.dims[1] &&
    columns === like.dims[0] &&
    weight.elements <= maxTurned;
  if (!isTurned || rows === undefined || columns === undefined) {
    weight.close();
    return null;
  }
  const values = new Float64Array(weight.elements);
  const problem = weight.read(0, weight.elements, values);
  if (problem !== null) {
    weight.close();
    throw new TierwiseError(problem.code, problem.message, 'Export the model again, or fetch its data again.');
  }
  return {
    ...weight,
    dims: like.dims,
    swapped: like.swapped,
    read: (start, count, into) => {
      for (let i = 0; i < count; i++) into[i] = values[((start + i) % rows) * columns + Math.floor((start + i) / rows)]!;
      return null;
    },
  };
}

function sameDims(a: LayerWeight, b: LayerWeight): boolean {
  return a.dims.length === b.dims.length && a.dims.every((size, i) => size === b.dims[i]);
}

/** One of them stores the same numbers without their dimensions. */
function isFlat(a: LayerWeight, b: LayerWeight): boolean {
  return !a.swapped && !b.swapped && (a.dims.length === 1 || b.dims.length === 1);
}
