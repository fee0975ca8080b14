import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { intAttribute, type GraphNode } from '../model/graph.ts';
import type { Layer } from '../model/layer.ts';
import { layerOpOf } from '../model/layer-ops.ts';
import { quoteName } from '../model/quote.ts';
import type { OnnxModel } from './model.ts';
import { tensorSlices, type SpanOpener, type TensorSlices } from './tensor-slices.ts';

/** The weight of a layer as the numbers it stands for, read piece by piece in the order of the stored tensor. */
export interface LayerWeight extends TensorSlices {
  /** The stored tensor. */
  readonly tensor: string;
  /** Whether a Transpose of two dimensions stands between the stored tensor and the layer, or the layer transposes it itself. */
  readonly swapped: boolean;
}

/**
 * Opens the weight of a layer. Integers behind a DequantizeLinear node, or of an operator that takes integers with a scale, are given as
 * (stored − zero point) · scale, in float32 as ONNX Runtime computes it; integers without a scale less their zero point. Codes without a
 * value: `weights-not-stored`, `weights-packed`, and those of `tensorSlices`.
 */
export function openLayerWeight(model: OnnxModel, layer: Layer, open: SpanOpener): Checked<LayerWeight> {
  const name = layer.weight;
  if (name === null)
    return failed(
      'weights-not-stored',
      `Layer ${quoteName(layer.id)} has no stored weights: they are computed when the model runs.`,
      layer,
    );
  if (layer.op === 'MatMulNBits')
    return failed(
      'weights-packed',
      `Layer ${quoteName(layer.id)} stores its weights packed in blocks (MatMulNBits), which is not read.`,
      layer,
    );
  const stored = tensorSlices(model, name, open);
  if (stored.value === undefined) return { value: undefined, diagnostics: stored.diagnostics };
  const way = wayTo(model, layer);
  const own = way.node?.op === 'Gemm' && intAttribute(way.node, 'transB', 0) !== 0;
  const plain = { ...stored.value, tensor: name, swapped: way.swaps !== own };
  if (way.scale === undefined) return { value: plain, diagnostics: [] };
  const scaled = withScale(model, plain, way.scale, open);
  if (scaled.value === undefined) plain.close();
  return scaled;
}

/** Names of what turns stored integers into numbers, and how it is laid out. */
interface ScaleForm {
  readonly scale: string;
  readonly zero: string;
  /** Dimension with one scale each. */
  readonly axis: number;
  /** Elements along `axis` that share a scale; 0: one for each index. */
  readonly block: number;
}

interface Way {
  readonly node: GraphNode | undefined;
  readonly swaps: boolean;
  readonly scale: ScaleForm | undefined;
}

const maxSteps = 8;

/** What stands between the stored weight and the layer, followed from the layer down. */
function wayTo(model: OnnxModel, layer: Layer): Way {
  const { graph } = model;
  const node = graph.nodes[layer.nodeIndex];
  const op = node === undefined || node.op !== layer.op ? undefined : layerOpOf(node);
  if (node === undefined || op === undefined) return { node: undefined, swaps: false, scale: undefined };
  let at = node.inputs[op.weights[0] ?? 0] ?? '';
  let swaps = false;
  let scale = integerOperands(node);
  for (let step = 0; step < maxSteps && at !== layer.weight; step++) {
    const producer = graph.nodes.find((candidate) => candidate.outputs.includes(at));
    if (producer === undefined) break;
    if (producer.op === 'Transpose') swaps = !swaps;
    if (producer.op === 'DequantizeLinear')
      scale ??= {
        scale: producer.inputs[1] ?? '',
        zero: producer.inputs[2] ?? '',
        axis: intAttribute(producer, 'axis', 1),
        block: intAttribute(producer, 'block_size', 0),
      };
    at = producer.inputs[0] ?? '';
  }
  return { node, swaps, scale };
}

/** Where operators on integers keep scale and zero point of their weight. */
function integerOperands(node: GraphNode): ScaleForm | undefined {
  const at = (scale: number | null, zero: number, axis: number): ScaleForm => ({
    scale: scale === null ? '' : (node.inputs[scale] ?? ''),
    zero: node.inputs[zero] ?? '',
    axis,
    block: 0,
  });
  switch (node.op) {
    case 'QLinearConv':
      return at(4, 5, 0);
    case 'ConvInteger':
      return at(null, 3, 0);
    case 'QLinearMatMul':
      return at(4, 5, -1);
    case 'QGemm':
      return at(4, 5, intAttribute(node, 'transB', 0) === 0 ? 1 : 0);
    case 'MatMulInteger':
      return at(null, 3, -1);
    case 'MatMulIntegerToFloat':
      return at(3, 5, -1);
    case 'DynamicQuantizeMatMul':
      return at(2, 3, -1);
    default:
      return undefined;
  }
}

/** Most scales of one tensor; blocks of 32 of the largest layers in use stay below. */
const maxScales = 2 ** 24;

function withScale(model: OnnxModel, weight: LayerWeight, form: ScaleForm, open: SpanOpener): Checked<LayerWeight> {
  const scales = form.scale === '' ? { value: undefined, diagnostics: [] } : allOf(model, form.scale, open);
  const zeros = form.zero === '' ? { value: undefined, diagnostics: [] } : allOf(model, form.zero, open);
  const diagnostics = [...scales.diagnostics, ...zeros.diagnostics];
  if (diagnostics.length > 0) return { value: undefined, diagnostics };
  const { dims } = weight;
  const axis = form.axis < 0 ? form.axis + dims.length : form.axis;
  const along = dims[axis] ?? 1;
  const inner = dims.slice(axis + 1).reduce((product, size) => product * size, 1);
  const blocks = form.block > 0 ? Math.ceil(along / form.block) : along;
  const outer = form.block > 0 ? weight.elements / Math.max(1, along * inner) : 1;
  const perElement = form.block > 0 ? outer * blocks * inner : along;
  for (const list of [scales.value, zeros.value]) {
    if (list === undefined || list.length === 1 || list.length === perElement) continue;
    const message = `The weight ${quoteName(weight.tensor)} has ${list.length} scales or zero points; 1 or ${perElement} are expected.`;
    return { value: undefined, diagnostics: [{ severity: 'error', code: 'scale-mismatch', message, where: { tensor: weight.tensor } }] };
  }
  const indexOf = (at: number): number => {
    const position = Math.floor(at / inner) % along;
    if (form.block === 0) return position;
    return (Math.floor(at / (inner * along)) * blocks + Math.floor(position / form.block)) * inner + (at % inner);
  };
  const pick = (list: Float64Array | undefined, index: number, fallback: number): number =>
    list === undefined ? fallback : (list[list.length === 1 ? 0 : index] ?? fallback);
  return {
    value: {
      ...weight,
      read: (start, count, into) => {
        const problem = weight.read(start, count, into);
        if (problem !== null) return problem;
        for (let i = 0; i < count; i++) {
          const index = indexOf(start + i);
          const whole = into[i]! - pick(zeros.value, index, 0);
          into[i] = scales.value === undefined ? whole : Math.fround(whole * pick(scales.value, index, 1));
        }
        return null;
      },
    },
    diagnostics: [],
  };
}

/** All values of a small stored tensor. */
function allOf(model: OnnxModel, name: string, open: SpanOpener): Checked<Float64Array> {
  const slices = tensorSlices(model, name, open);
  if (slices.value === undefined) return { value: undefined, diagnostics: slices.diagnostics };
  const { elements } = slices.value;
  try {
    if (elements > maxScales) return tooMany(name, elements);
    const values = new Float64Array(elements);
    const problem = slices.value.read(0, elements, values);
    return problem === null ? { value: values, diagnostics: [] } : { value: undefined, diagnostics: [problem] };
  } finally {
    slices.value.close();
  }
}

function tooMany(name: string, elements: number): Checked<Float64Array> {
  const message = `Tensor ${quoteName(name)} holds ${elements} scales or zero points; at most ${maxScales} are read.`;
  const finding: Diagnostic = { severity: 'error', code: 'limit-exceeded', message, where: { tensor: name } };
  return { value: undefined, diagnostics: [finding] };
}

function failed(code: string, message: string, layer: Layer): Checked<LayerWeight> {
  return { value: undefined, diagnostics: [{ severity: 'error', code, message, where: { node: layer.id } }] };
}
