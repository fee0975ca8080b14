import { readFileSync } from 'node:fs';
import { encodeModel, readModel } from '../../../solver-core/onnx/index.ts';

/** Columns of the layer below, so that its float32 weights are LARGE_BYTES long. */
const COLUMNS = 2_621_440;

/** Size of the weights of the large layer: 10 rows of 2,621,440 columns in float32. */
export const LARGE_BYTES = 10 * COLUMNS * 4;

/** Id of the layer that makes the model large. */
export const LARGE_LAYER = '/large/Gemm';

/** The model of a file with one more layer behind its last, of about 100 MB. The weights are zeros: only their number matters. */
export function largeModel(file: string): Uint8Array {
  const model = readModel(readFileSync(file)).value;
  const graph = model?.proto.graph;
  const last = graph?.node.at(-1);
  const weight = graph?.initializer[0];
  const output = graph?.output[0];
  if (model === undefined || graph === undefined || last === undefined || weight === undefined || output === undefined)
    throw new Error(`${file} does not open as a model with layers`);
  const node = { ...last, name: LARGE_LAYER, input: [last.output[0] ?? '', 'large.weight'], output: ['large'], attribute: [] };
  const initializer = { ...weight, name: 'large.weight', dims: [10n, BigInt(COLUMNS)], rawData: new Uint8Array(LARGE_BYTES) };
  // Without a type of its own: the shape of the output is inferred.
  const { type: _type, ...untyped } = output;
  return encodeModel({
    ...model,
    proto: {
      ...model.proto,
      graph: {
        ...graph,
        node: [...graph.node, node],
        initializer: [...graph.initializer, initializer],
        output: [{ ...untyped, name: 'large' }],
      },
    },
  });
}
