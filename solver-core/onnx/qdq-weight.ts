import { assert } from '../model/error.ts';
import { intAttribute, type GraphNode } from '../model/graph.ts';
import type { LinearForm } from '../model/layer.ts';

/** The integers of a weight as the node reads them. */
export interface UsedWeight {
  readonly dims: readonly number[];
  /** Dimension that counts the outputs. */
  readonly axis: number;
  /** Row-major in `dims`. */
  readonly data: Int8Array;
}

/**
 * Brings integers from the layout of the stored tensor into the one that the node reads: the same, but for a Transpose on the way. Dense
 * layers read [inputs, outputs], or [outputs, inputs] with transB; convolutions [outputs, inputs of a group, ...kernel].
 */
export function usedWeight(node: GraphNode, form: LinearForm, stored: Int8Array): UsedWeight {
  const { inputs, outputs, transposed, patches } = form;
  assert(stored.length === inputs * outputs, `${stored.length} integers for ${outputs} outputs of ${inputs} inputs`);
  if (patches !== null) {
    const window = patches.kernel.reduce((product, size) => product * size, 1);
    return { dims: [outputs, inputs / window, ...patches.kernel], axis: 0, data: stored };
  }
  const readsTransposed = node.op === 'Gemm' && intAttribute(node, 'transB', 0) !== 0;
  const dims = readsTransposed ? [outputs, inputs] : [inputs, outputs];
  const axis = readsTransposed ? 0 : 1;
  if (readsTransposed === transposed) return { dims, axis, data: stored };
  const [rows, columns] = transposed ? [outputs, inputs] : [inputs, outputs];
  const data = new Int8Array(stored.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) data[c * rows + r] = stored[r * columns + c]!;
  return { dims, axis, data };
}
