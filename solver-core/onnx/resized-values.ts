import { create } from '@bufbuild/protobuf';
import {
  TensorShapeProto_DimensionSchema,
  type GraphProto,
  type NodeProto,
  type TensorShapeProto_Dimension,
  type ValueInfoProto,
} from './gen/onnx_pb.ts';
import { readBy } from './upstream.ts';

/** What became of the size that changed. */
export interface Resized {
  /** Outputs of the layer before and now. */
  readonly from: number;
  readonly to: number;
  /** New dimensions of stored tensors that may also be declared as inputs. */
  readonly stored: ReadonlyMap<string, readonly number[]>;
}

/**
 * The graph with declarations that agree with a layer of another size. Inner values that depend on `sources` lose their declared shape,
 * which runtimes infer; outputs that do keep theirs with the new size in the last dimension, and with any other dimension of the old
 * size left open.
 */
export function withResizedValues(graph: GraphProto, sources: readonly string[], resized: Resized): GraphProto {
  const affected = dependents(graph, sources);
  const input = graph.input.map((value) => {
    const dims = resized.stored.get(value.name ?? '');
    return dims === undefined ? value : withDims(value, () => dims.map((size) => ({ known: size })));
  });
  const output = graph.output.map((value) => {
    if (!affected.has(value.name ?? '')) return value;
    return withDims(value, (dims) =>
      dims.map((dim, i) => {
        if (dim.value.case !== 'dimValue' || dim.value.value !== BigInt(resized.from) || resized.from === resized.to) return { kept: dim };
        return i === dims.length - 1 ? { known: resized.to } : { known: null };
      }),
    );
  });
  return { ...graph, input, output, valueInfo: graph.valueInfo.filter((value) => !affected.has(value.name ?? '')) };
}

/** All values computed from the sources, these included; what bodies of nodes read counts as read by the node. O(nodes + edges). */
function dependents(graph: GraphProto, sources: readonly string[]): ReadonlySet<string> {
  const readers = new Map<string, NodeProto[]>();
  for (const node of graph.node) {
    for (const name of readBy(node)) {
      const list = readers.get(name);
      if (list === undefined) readers.set(name, [node]);
      else list.push(node);
    }
  }
  const found = new Set(sources.filter((name) => name !== ''));
  // A set is gone through with what is added on the way.
  for (const name of found)
    for (const node of readers.get(name) ?? []) for (const output of node.output) if (output !== '') found.add(output);
  return found;
}

type NewDim = { readonly known: number | null } | { readonly kept: TensorShapeProto_Dimension };

function withDims(value: ValueInfoProto, change: (dims: readonly TensorShapeProto_Dimension[]) => readonly NewDim[]): ValueInfoProto {
  const kind = value.type?.value;
  if (value.type === undefined || kind?.case !== 'tensorType' || kind.value.shape === undefined) return value;
  const { shape } = kind.value;
  const dim = change(shape.dim).map((d): TensorShapeProto_Dimension => {
    if ('kept' in d) return d.kept;
    return create(TensorShapeProto_DimensionSchema, d.known === null ? {} : { value: { case: 'dimValue', value: BigInt(d.known) } });
  });
  return { ...value, type: { ...value.type, value: { case: 'tensorType', value: { ...kind.value, shape: { ...shape, dim } } } } };
}
