import type { Shape } from './tensor.ts';

/** Product of known dimensions; null when the rank or a dimension is not known, or the product is beyond 2^53. */
export function shapeElements(shape: Shape): number | null {
  if (shape === null) return null;
  let product = 1;
  for (const dim of shape) {
    if (typeof dim !== 'number') return null;
    product *= dim;
  }
  return Number.isSafeInteger(product) ? product : null;
}

/** Product of stored dimensions in exact arithmetic; NaN beyond 2^53 or with a negative dimension. */
export function exactElements(dims: readonly bigint[]): number {
  const quick = quickElements(dims);
  if (quick !== undefined) return quick;
  let product = 1n;
  for (const dim of dims) {
    if (dim < 0n) return NaN;
    product *= dim;
    if (product > BigInt(Number.MAX_SAFE_INTEGER)) {
      // A later zero still makes the tensor empty.
      return dims.includes(0n) ? 0 : NaN;
    }
  }
  return Number(product);
}

/** The product when every partial product is exact in a double: the usual case, and much quicker. */
function quickElements(dims: readonly bigint[]): number | undefined {
  let product = 1;
  for (const dim of dims) {
    const size = Number(dim);
    product *= size;
    if (!(size >= 0) || !(size <= Number.MAX_SAFE_INTEGER) || !(product <= Number.MAX_SAFE_INTEGER)) return undefined;
  }
  return product;
}
