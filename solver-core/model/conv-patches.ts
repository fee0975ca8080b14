import { intsAttribute, stringAttribute, type GraphNode } from './graph.ts';
import type { PatchGeometry } from './layer.ts';

/** Spatial dimensions that convolutions are fitted with: signals, images, volumes. */
const maxSpatial = 3;

/** The sliding window of a Conv node with this kernel; a string says why its patches cannot be taken. */
export function convPatches(node: GraphNode, kernel: readonly number[]): PatchGeometry | string {
  const n = kernel.length;
  if (n < 1 || n > maxSpatial) return `it has ${n} spatial dimensions; 1 to ${maxSpatial} can be fitted`;
  const declared = intsAttribute(node, 'kernel_shape') ?? kernel;
  if (declared.length !== n || declared.some((size, i) => size !== kernel[i]))
    return `its kernel_shape [${declared.join(', ')}] differs from that of its weight, [${kernel.join(', ')}]`;
  const strides = intsAttribute(node, 'strides') ?? new Array<number>(n).fill(1);
  const dilations = intsAttribute(node, 'dilations') ?? new Array<number>(n).fill(1);
  const pads = intsAttribute(node, 'pads') ?? new Array<number>(2 * n).fill(0);
  if (strides.length !== n || dilations.length !== n || pads.length !== 2 * n)
    return `its strides, dilations or pads do not fit ${n} spatial dimensions`;
  if (![...strides, ...dilations].every((v) => v >= 1) || pads.some((v) => v < 0)) return 'its strides, dilations or pads are out of range';
  switch (stringAttribute(node, 'auto_pad', 'NOTSET')) {
    case 'NOTSET':
      return { kernel, strides, dilations, padding: { before: pads.slice(0, n), after: pads.slice(n) } };
    case 'VALID':
      return { kernel, strides, dilations, padding: { before: new Array<number>(n).fill(0), after: new Array<number>(n).fill(0) } };
    case 'SAME_UPPER':
      return { kernel, strides, dilations, padding: 'same-upper' };
    case 'SAME_LOWER':
      return { kernel, strides, dilations, padding: 'same-lower' };
    default:
      return 'its auto_pad is none that ONNX defines';
  }
}
