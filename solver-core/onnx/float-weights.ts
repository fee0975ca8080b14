import { dtypeOf } from './dtype.ts';
import type { NodeProto, TensorProto } from './gen/onnx_pb.ts';
import { TensorProto_DataLocation } from './gen/onnx_pb.ts';
import type { OnnxModel } from './model.ts';
import { newFloats } from './qdq-tensors.ts';
import { findStoredTensor } from './read-tensor.ts';
import { numericValues } from './tensor-values.ts';
import { graphOf, rebuilt } from './write.ts';

/** Steps of a weight that was stored as integers. */
export interface WeightSteps {
  /** One for each index of dimension `axis`, or one alone for the whole tensor. */
  readonly steps: Float32Array;
  readonly axis: number;
}

/** Scale and zero point of a value that was rounded to unsigned bytes. */
export interface ByteScale {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** A model in QDQ form as one of floats. */
export interface FloatWeights {
  readonly model: OnnxModel;
  /** By the name under which the model now stores the weight: what the DequantizeLinear node gave. */
  readonly steps: ReadonlyMap<string, WeightSteps>;
  /** By the name of the value behind a pair of QuantizeLinear and DequantizeLinear. */
  readonly bytes: ReadonlyMap<string, ByteScale>;
}

/**
 * The model with weights that DequantizeLinear nodes read from stored 8- or 4-bit integers (zero point 0) stored as the floats that the
 * nodes give, which computes the same; pairs of QuantizeLinear and DequantizeLinear on activations stay and are described. A model without
 * such nodes comes back as it is, with empty maps. Integers that cannot be read (external, in blocks) stay as they are.
 */
export function withFloatWeights(model: OnnxModel): FloatWeights {
  const graph = graphOf(model);
  const makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const steps = new Map<string, WeightSteps>();
  const bytes = new Map<string, ByteScale>();
  const floats: TensorProto[] = [];
  const gone = new Set<NodeProto>();
  for (const node of graph.node) {
    if (node.opType !== 'DequantizeLinear') continue;
    const output = node.output[0] ?? '';
    const scale = byteScale(model, node, makers.get(node.input[0] ?? ''));
    if (scale !== undefined) bytes.set(output, scale);
    const weight = dequantised(model, node);
    if (weight === undefined) continue;
    floats.push(newFloats(output, weight.dims, weight.data));
    steps.set(output, weight.steps);
    gone.add(node);
  }
  if (gone.size === 0) return { model, steps, bytes };
  const node = graph.node.filter((n) => !gone.has(n));
  return { model: rebuilt(model, { ...graph, node, initializer: [...graph.initializer, ...floats] }), steps, bytes };
}

/** What a DequantizeLinear node gives whose operands are all stored; undefined where it is another node or cannot be read. */
function dequantised(
  model: OnnxModel,
  node: NodeProto,
): { readonly dims: readonly number[]; readonly data: Float32Array; readonly steps: WeightSteps } | undefined {
  const tensor = findStoredTensor(model, node.input[0] ?? '');
  const scales = numbers(findStoredTensor(model, node.input[1] ?? ''));
  if (tensor === undefined || scales === undefined || intOf(node, 'block_size', 0) !== 0) return undefined;
  const zeros = (node.input[2] ?? '') === '' ? [] : integers(findStoredTensor(model, node.input[2] ?? ''));
  const dims = tensor.dims.map(Number);
  const stored = integers(tensor);
  const given = intOf(node, 'axis', 1);
  const axis = given < 0 ? given + dims.length : given;
  if (stored === undefined || zeros === undefined || zeros.some((zero) => zero !== 0)) return undefined;
  if (scales.length !== 1 && scales.length !== dims[axis]) return undefined;
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const steps = Float32Array.from(scales);
  const data = Float32Array.from(stored, (v, at) => v * steps[steps.length === 1 ? 0 : Math.floor(at / inner) % steps.length]!);
  return { dims, data, steps: { steps, axis } };
}

/** The step of a value that `maker` rounds to unsigned bytes and `node` turns back. */
function byteScale(model: OnnxModel, node: NodeProto, maker: NodeProto | undefined): ByteScale | undefined {
  if (maker?.opType !== 'QuantizeLinear' || node.input[1] !== maker.input[1] || node.input[2] !== maker.input[2]) return undefined;
  const scale = numbers(findStoredTensor(model, node.input[1] ?? ''));
  const zero = findStoredTensor(model, node.input[2] ?? '');
  const zeros = (node.input[2] ?? '') === '' ? [0] : zero !== undefined && dtypeOf(zero.dataType) === 'uint8' ? numbers(zero) : undefined;
  if (scale?.length !== 1 || zeros?.length !== 1) return undefined;
  return { scale: scale[0]!, zeroPoint: zeros[0]! };
}

function numbers(tensor: TensorProto | undefined): readonly number[] | undefined {
  if (tensor === undefined || tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) return undefined;
  return numericValues(tensor, dtypeOf(tensor.dataType), elementsOf(tensor)) ?? undefined;
}

/** Values of an int8 or int4 tensor inside the file; int4: two to a byte, the first in the low half. */
function integers(tensor: TensorProto | undefined): Int8Array | undefined {
  if (tensor === undefined || tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) return undefined;
  const count = elementsOf(tensor);
  const { rawData, int32Data } = tensor;
  const isRaw = rawData !== undefined && rawData.length > 0;
  switch (dtypeOf(tensor.dataType)) {
    case 'int8':
      if (isRaw) return rawData.length === count ? Int8Array.from(rawData) : undefined;
      return int32Data.length === count ? Int8Array.from(int32Data) : undefined;
    case 'int4': {
      const packed = isRaw ? rawData : int32Data;
      if (packed.length !== Math.ceil(count / 2)) return undefined;
      return Int8Array.from({ length: count }, (_, i) => ((packed[i >> 1]! >> (4 * (i & 1))) << 28) >> 28);
    }
    default:
      return undefined;
  }
}

function elementsOf(tensor: TensorProto): number {
  return tensor.dims.reduce((product, dim) => product * Number(dim), 1);
}

function intOf(node: NodeProto, name: string, fallback: number): number {
  const found = node.attribute.find((attribute) => attribute.name === name);
  return found?.i === undefined ? fallback : Number(found.i);
}
