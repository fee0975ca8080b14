import { create } from '@bufbuild/protobuf';
import type { Layer } from '../model/layer.ts';
import { TierwiseError, assert } from '../model/error.ts';
import { quoteName } from '../model/quote.ts';
import { dtypeOf } from './dtype.ts';
import { encodeFloats } from './encode-floats.ts';
import { NodeProtoSchema, TensorProtoSchema, type GraphProto, type NodeProto, type TensorProto } from './gen/onnx_pb.ts';
import type { OnnxModel } from './model.ts';
import { freshNames } from './fresh-names.ts';
import { withResizedValues } from './resized-values.ts';
import { graphOf, rebuilt, withInitializers, type NewTensor } from './write.ts';

/**
 * A dense head as it was learned: scores = f(x)·w + b, where f(x) is x itself, or relu(z) of a random expansion z = x·we + be, and a
 * second stream may add tanh(z)·compensation.
 */
export interface NewHead {
  /** we: [inputs, features], be: [features]; null: the head reads x. */
  readonly expansion: { readonly features: number; readonly w: Float32Array; readonly b: Float32Array } | null;
  /** [features or inputs, outputs] row-major. */
  readonly w: Float32Array;
  /** [outputs] */
  readonly b: Float32Array;
  /** [features, outputs]; null: no such stream. Needs `expansion`. */
  readonly compensation: Float32Array | null;
  readonly outputs: number;
}

/**
 * A copy of the model in which a dense layer of the main graph holds this head. Same sizes: only the values of weight and bias change.
 * More outputs: the tensors and the declared shapes behind the layer grow. Expansion and compensation become nodes around the layer,
 * under names that the model does not use yet. A layer without a stored bias gets an Add. Everything else survives, unknown fields included.
 * `layer` comes from findLayers of this model and must be dense and solvable. Throws TierwiseError `weights-overflow` for values that are
 * not finite in float32.
 */
export function withHead(model: OnnxModel, layer: Layer, head: NewHead): OnnxModel {
  const { linear, weight } = layer;
  assert(linear !== null && weight !== null && linear.patches === null, `layer ${layer.id} is not a dense layer with stored weights`);
  const width = head.expansion?.features ?? linear.inputs;
  assert(head.w.length === width * head.outputs && head.b.length === head.outputs, `a head of ${width} x ${head.outputs} has other sizes`);
  const stored = storedHead(layer, head, width);
  requireFinite(layer, [head.compensation, head.expansion?.w, head.expansion?.b, ...[...stored.values()].map(({ data }) => data)]);
  const changed = withInitializers(model, stored);
  const graph = graphOf(changed);
  const at = headIndex(graph, layer, model);
  const edited = withStreams(graph, at, layer, head, elementType(graph, weight));
  const isResized = head.outputs !== linear.outputs || head.expansion !== null;
  const resized = isResized
    ? withResizedValues(edited, [weight, layer.bias ?? '', ...(graph.node[at]?.output ?? [])], {
        from: linear.outputs,
        to: head.outputs,
        stored: new Map([...stored].map(([name, { dims }]) => [name, dims])),
      })
    : edited;
  return rebuilt(changed, resized);
}

/** Weight and bias as the model stores them: y = alpha · x · op(W) + beta · b. */
function storedHead({ linear, weight, bias }: Layer, head: NewHead, width: number): Map<string, NewTensor> {
  assert(linear !== null && weight !== null, 'a dense layer has a weight');
  const { transposed, alpha, beta, biasDims } = linear;
  const { outputs } = head;
  const data = new Float32Array(width * outputs);
  for (let j = 0; j < width; j++)
    for (let o = 0; o < outputs; o++) data[transposed ? o * width + j : j * outputs + o] = head.w[j * outputs + o]! / alpha;
  const stored = new Map<string, NewTensor>([[weight, { dims: transposed ? [outputs, width] : [width, outputs], data }]]);
  if (bias !== null && biasDims !== null)
    stored.set(bias, { dims: [...biasDims.slice(0, -1), outputs], data: Float32Array.from(head.b, (v) => v / beta) });
  return stored;
}

function requireFinite(layer: Layer, tensors: readonly (NewTensor['data'] | null | undefined)[]): void {
  if (tensors.every((values) => values === null || values === undefined || values.every(Number.isFinite))) return;
  throw new TierwiseError(
    'weights-overflow',
    `the learned weights of layer ${quoteName(layer.id)} hold values beyond float32`,
    'Set a larger lambda in the tier.',
  );
}

/** Index of the layer's node among the nodes of the file. */
function headIndex(graph: GraphProto, layer: Layer, model: OnnxModel): number {
  const node = model.graph.nodes[layer.nodeIndex];
  const at = layer.nodeIndex;
  assert(node !== undefined && graph.node[at]?.opType === node.op && node.op === layer.op, `layer ${layer.id} is not at its node`);
  return at;
}

function elementType(graph: GraphProto, weight: string): TensorProto['dataType'] {
  const initializer = graph.initializer.find((tensor) => tensor.name === weight);
  if (initializer !== undefined) return initializer.dataType;
  const maker = graph.node.find((node) => node.output[0] === weight);
  return maker?.attribute.find((attribute) => attribute.name === 'value')?.t?.dataType;
}

/** The graph with the nodes of expansion, compensation and an added bias around the node at `at`. */
function withStreams(graph: GraphProto, at: number, layer: Layer, head: NewHead, dataType: TensorProto['dataType']): GraphProto {
  const { linear } = layer;
  const node = graph.node[at];
  assert(node !== undefined && linear !== null, 'the layer has a node');
  const name = freshNames(graph, 'tierwise');
  const before: NodeProto[] = [];
  const after: NodeProto[] = [];
  const tensors: TensorProto[] = [];
  const store = (hint: string, dims: readonly number[], data: Float32Array): string => {
    const fresh = name(hint);
    const dtype = dtypeOf(dataType);
    assert(dtype === 'float32' || dtype === 'float64' || dtype === 'float16', `cannot store values as ${dtype}`);
    tensors.push(
      create(TensorProtoSchema, {
        name: fresh,
        dims: dims.map(BigInt),
        ...(dataType === undefined ? {} : { dataType }),
        rawData: encodeFloats(data, dtype),
      }),
    );
    return fresh;
  };
  const call = (opType: string, input: string[], output = name(opType.toLowerCase())): NodeProto =>
    create(NodeProtoSchema, { opType, name: name(`${opType}_node`), input, output: [output] });
  const input = [...node.input];
  let sum = node.output[0] ?? '';
  const result = sum;
  const sums: ((from: string, to: string) => NodeProto)[] = [];
  if (head.expansion !== null) {
    const { features, w, b } = head.expansion;
    const product = call('MatMul', [input[0] ?? '', store('expansion_weight', [linear.inputs, features], w)]);
    const shifted = call('Add', [product.output[0] ?? '', store('expansion_bias', [features], b)]);
    const relu = call('Relu', [shifted.output[0] ?? '']);
    before.push(product, shifted, relu);
    input[0] = relu.output[0] ?? '';
    if (head.compensation !== null) {
      const tanh = call('Tanh', [shifted.output[0] ?? '']);
      const extra = call('MatMul', [tanh.output[0] ?? '', store('compensation_weight', [features, head.outputs], head.compensation)]);
      before.push(tanh, extra);
      sums.push((from, to) => call('Add', [from, extra.output[0] ?? ''], to));
    }
  }
  if (layer.bias === null && head.b.some((v) => v !== 0)) {
    const bias = store('head_bias', [head.outputs], head.b);
    sums.push((from, to) => call('Add', [from, bias], to));
  }
  const output = [...node.output];
  // The last sum takes over the name of the layer's result, so that whoever reads it reads the whole.
  if (sums.length > 0) output[0] = sum = name('head');
  sums.forEach((make, i) => {
    const to = i === sums.length - 1 ? result : name('sum');
    after.push(make(sum, to));
    sum = to;
  });
  if (before.length === 0 && after.length === 0) return graph;
  const nodes = [...graph.node.slice(0, at), ...before, { ...node, input, output }, ...after, ...graph.node.slice(at + 1)];
  return { ...graph, node: nodes, initializer: [...graph.initializer, ...tensors] };
}
