/** Strides of a row-major tensor, in elements. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] ?? 1) * (shape[i + 1] ?? 1);
  return strides;
}

/**
 * Picks elements of a small row-major tensor: element at output position p comes from source position
 * sum of `at(axis, p[axis])` · stride[axis]. Same rank on both sides. O(output elements · rank).
 */
export function pick(
  values: readonly number[],
  shape: readonly number[],
  outShape: readonly number[],
  at: (axis: number, position: number) => number,
): number[] {
  const strides = rowMajorStrides(shape);
  const n = outShape.reduce((a, b) => a * b, 1);
  const out = new Array<number>(n);
  for (let i = 0; i < n; i++) {
    let rest = i;
    let source = 0;
    for (let axis = outShape.length - 1; axis >= 0; axis--) {
      const size = outShape[axis] ?? 1;
      source += at(axis, rest % size) * (strides[axis] ?? 1);
      rest = Math.floor(rest / size);
    }
    out[i] = values[source] ?? NaN;
  }
  return out;
}

/** True when every dimension is a number. */
export function isNumeric(shape: readonly unknown[]): shape is readonly number[] {
  return shape.every((d) => typeof d === 'number');
}
