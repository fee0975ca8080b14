import { create } from '@bufbuild/protobuf';
import { TierwiseError, assert } from '../model/error.ts';
import { encodeFloats } from './encode-floats.ts';
import { freshNames } from './fresh-names.ts';
import {
  AttributeProto_AttributeType as AttributeKind,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  ValueInfoProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './gen/onnx_pb.ts';
import type { OnnxModel } from './model.ts';
import { graphOf, rebuilt } from './write.ts';

/** Weights of a dense head: scores = x·w + b. */
export interface PlainHead {
  /** [inputs, outputs] row-major. */
  readonly w: Float32Array;
  /** [outputs] */
  readonly b: Float32Array;
  readonly outputs: number;
}

/**
 * How the head reads the value: `rows`: its last dimension, at every position; `flat`: everything of a sample; `mean-and-last`: the mean over
 * all positions of dimension 1 and behind it the last one; `running`: one position per run, whose mean so far is a state
 * (`tierwise_sum` and `tierwise_count`, zeros at the start).
 */
export type HeadReading = 'rows' | 'flat' | 'mean-and-last' | 'running';

/** Name of the output with the scores. */
export const scoresName = 'tierwise_scores';

/**
 * A copy of the model with a dense head on one of its values, and the head's scores as its first output. Standard operators only. Throws
 * TierwiseError `weights-overflow` for weights that are not finite.
 */
export function withScores(model: OnnxModel, value: string, head: PlainHead, reading: HeadReading): OnnxModel {
  const graph = graphOf(model);
  const inputs = head.outputs === 0 ? 0 : head.w.length / head.outputs;
  assert(
    Number.isSafeInteger(inputs) && inputs > 0 && head.b.length === head.outputs,
    `a head of ${head.w.length} weights and ${head.outputs} outputs`,
  );
  if (![head.w, head.b].every((values) => values.every(Number.isFinite)))
    throw new TierwiseError('weights-overflow', 'the learned head holds weights beyond float32', 'Set a larger lambda, or a smaller rate.');
  const fresh = freshNames(graph, 'tierwise_head');
  const tensors: TensorProto[] = [];
  const nodes: NodeProto[] = [];
  const more: { readonly input: ValueInfoProto[]; readonly output: ValueInfoProto[] } = { input: [], output: [] };
  const store = (hint: string, dims: readonly number[], data: Float32Array | readonly number[]): string => {
    const name = fresh(hint);
    const content =
      data instanceof Float32Array
        ? { dataType: TensorProto_DataType.FLOAT, rawData: encodeFloats(data, 'float32') }
        : { dataType: TensorProto_DataType.INT64, int64Data: data.map(BigInt) };
    tensors.push(create(TensorProtoSchema, { name, dims: dims.map(BigInt), ...content }));
    return name;
  };
  const call = (
    opType: string,
    input: string[],
    attributes: Readonly<Record<string, number | readonly number[]>> = {},
    output = fresh(opType.toLowerCase()),
  ): string => {
    const attribute = Object.entries(attributes).map(([name, v]) =>
      typeof v === 'number' ? { name, type: AttributeKind.INT, i: BigInt(v) } : { name, type: AttributeKind.INTS, ints: v.map(BigInt) },
    );
    nodes.push(create(NodeProtoSchema, { opType, name: fresh(`${opType}_node`), input, output: [output], attribute }));
    return output;
  };
  const read = (): string => {
    if (reading === 'rows') return value;
    if (reading === 'flat') return call('Flatten', [value], { axis: 1 });
    if (reading === 'mean-and-last') {
      const opset = model.graph.opsets.get('') ?? 13;
      const mean =
        opset >= 18
          ? call('ReduceMean', [value, store('axes', [1], [1])], { keepdims: 0 })
          : call('ReduceMean', [value], { axes: [1], keepdims: 0 });
      const last = call('Gather', [value, store('last', [], [-1])], { axis: 1 });
      return call('Concat', [mean, last], { axis: 1 });
    }
    more.input.push(floats('tierwise_sum', ['batch', inputs / 2]), floats('tierwise_count', ['batch', 1]));
    more.output.push(floats('new_tierwise_sum', ['batch', inputs / 2]), floats('new_tierwise_count', ['batch', 1]));
    const sum = call('Add', ['tierwise_sum', value], {}, 'new_tierwise_sum');
    const count = call('Add', ['tierwise_count', store('one', [1], Float32Array.of(1))], {}, 'new_tierwise_count');
    return call('Concat', [call('Div', [sum, count]), value], { axis: 1 });
  };
  const product = call('MatMul', [read(), store('w', [inputs, head.outputs], head.w)]);
  call('Add', [product, store('b', [head.outputs], head.b)], {}, scoresName);
  return rebuilt(model, {
    ...graph,
    node: [...graph.node, ...nodes],
    initializer: [...graph.initializer, ...tensors],
    input: [...graph.input, ...more.input],
    output: [create(ValueInfoProtoSchema, { name: scoresName }), ...graph.output, ...more.output],
  });
}

function floats(name: string, dims: readonly (number | string)[]): ValueInfoProto {
  const dim = dims.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof size === 'number' ? { case: 'dimValue', value: BigInt(size) } : { case: 'dimParam', value: size },
    }),
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: TensorProto_DataType.FLOAT, shape: { dim } } } },
  });
}
