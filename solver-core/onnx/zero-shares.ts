import { create } from '@bufbuild/protobuf';
import { freshNames } from './fresh-names.ts';
import {
  AttributeProto_AttributeType as AttributeKind,
  AttributeProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  type NodeProto,
  type TensorProto,
} from './gen/onnx_pb.ts';
import type { OnnxModel } from './model.ts';
import { newFloats } from './qdq-tensors.ts';
import { graphOf, rebuilt, withGraphOutputs } from './write.ts';

/** A value of which zeros are counted: |x − centre| <= threshold counts as zero, as in withThresholds. */
export interface CountedValue {
  readonly name: string;
  /** -1: the last dimension; 1: the channels of [batch, channels, ...]. */
  readonly axis: number;
  /** [channels], [1], or null for 0. */
  readonly threshold: Float32Array | null;
  readonly centre: Float32Array | null;
  /** Dimensions behind `axis`. */
  readonly positions: number;
}

/** A model with outputs that hold shares of zeros, and their names by value. */
export interface CountedModel {
  readonly model: OnnxModel;
  readonly outputs: ReadonlyMap<string, string>;
}

/**
 * A copy of the model that also gives the share of zeros of each value: [..., 1] over the last dimension (axis -1), [batch, 1] over
 * everything of a row (axis 1). Counting inside costs a small part of what handing out the values would. Needs operator set 9.
 */
export function withZeroShares(model: OnnxModel, counted: readonly CountedValue[]): CountedModel {
  if (counted.length === 0) return { model, outputs: new Map() };
  const graph = graphOf(model);
  const opset = model.graph.opsets.get('') ?? 0;
  const fresh = freshNames(graph, 'tierwise_zeros');
  const tensors: TensorProto[] = [];
  const nodes: NodeProto[] = [];
  const call = (opType: string, input: string[], attribute: NodeProto['attribute'] = []): string => {
    const output = fresh(opType.toLowerCase());
    nodes.push(create(NodeProtoSchema, { opType, name: fresh(`${opType}_node`), input, output: [output], attribute }));
    return output;
  };
  const int = (name: string, i: number): NodeProto['attribute'][number] =>
    create(AttributeProtoSchema, { name, type: AttributeKind.INT, i: BigInt(i) });
  const vector = (hint: string, data: Float32Array, positions: number): string => {
    const dims = data.length === 1 ? [] : [data.length, ...Array.from({ length: positions }, () => 1)];
    const tensor = newFloats(fresh(hint), dims, data);
    tensors.push(tensor);
    return tensor.name ?? '';
  };
  const axes = create(TensorProtoSchema, { name: fresh('axes'), dims: [1n], dataType: TensorProto_DataType.INT64, int64Data: [-1n] });
  if (opset >= 18) tensors.push(axes);
  const outputs = new Map<string, string>();
  for (const { name, axis, threshold, centre, positions } of counted) {
    const moved = centre === null ? name : call('Sub', [name, vector('centre', centre, positions)]);
    const limit = vector('threshold', threshold ?? new Float32Array(1), positions);
    const large = call('Greater', [call('Abs', [moved]), limit]);
    let share = call('Cast', [call('Not', [large])], [int('to', TensorProto_DataType.FLOAT)]);
    if (axis === 1) share = call('Flatten', [share], [int('axis', 1)]);
    const keep = int('keepdims', 1);
    const ints = create(AttributeProtoSchema, { name: 'axes', type: AttributeKind.INTS, ints: [-1n] });
    outputs.set(name, opset >= 18 ? call('ReduceMean', [share, axes.name ?? ''], [keep]) : call('ReduceMean', [share], [ints, keep]));
  }
  const changed = rebuilt(model, { ...graph, node: [...graph.node, ...nodes], initializer: [...graph.initializer, ...tensors] });
  return { model: withGraphOutputs(changed, [...outputs.values()]), outputs };
}
