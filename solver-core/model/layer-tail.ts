import { intAttribute, intsAttribute, type Graph, type GraphNode } from './graph.ts';
import { isFloat } from './dtype-bits.ts';
import { activationOps, followingOps, type LayerOp } from './layer-ops.ts';
import type { NormForm, ResidualForm } from './layer.ts';
import type { FactsLookup } from './shape-inference/facts.ts';
import type { GraphIndex } from './weight-trace.ts';

/** What follows a layer's operator and belongs to it. */
export interface LayerTail {
  readonly preActivation: string;
  readonly output: string;
  readonly activation: string | null;
  /** Bias found in an Add node behind the operator; null when there is none. */
  readonly bias: string | null;
  readonly norm: NormForm | null;
  readonly residual: ResidualForm | null;
  readonly averaged: boolean;
}

/** The first output that the node gives: recurrent nodes may leave out the sequence and give the last state only. */
export function mainOutput(node: GraphNode): string {
  return node.outputs.find((name) => name !== '') ?? '';
}

/** Longest chain of cheap nodes that is followed behind a layer. */
const maxTail = 16;

/** Follows the nodes behind a layer that belong to it: bias Add first, then normalisation, one activation, Dropout, Identity. */
export function followLayer(node: GraphNode, op: LayerOp, graph: Graph, index: GraphIndex, facts: FactsLookup): LayerTail {
  let at = mainOutput(node);
  let bias: string | null = null;
  const adder = onlyReader(at, index);
  if (adder?.op === 'Add' && adder.domain === '' && (op.bias === null || (node.inputs[op.bias] ?? '') === '')) {
    const other = adder.inputs[0] === at ? (adder.inputs[1] ?? '') : (adder.inputs[0] ?? '');
    if (isBiasOf(at, other, adder.outputs[0] ?? '', node.op, facts)) {
      bias = other;
      at = adder.outputs[0] ?? at;
    }
  }
  const preActivation = at;
  let activation: string | null = null;
  let norm: NormForm | null = null;
  for (let step = 0; step < maxTail; step++) {
    const next = onlyReader(at, index);
    if (next === undefined || next.inputs[0] !== at) break;
    if (activation === null && activationOps.has(next.op)) activation = next.op;
    else if (!followingOps.has(next.op)) break;
    norm ??= normForm(next, graph, index, facts);
    at = next.outputs[0] ?? at;
  }
  return {
    preActivation,
    output: at,
    activation,
    bias,
    norm,
    residual: residualForm(preActivation, index, facts),
    averaged: isAveraged(preActivation, node.op, index, facts),
  };
}

/** A constant that adds one number per output feature and does not widen the result. */
function isBiasOf(value: string, other: string, sum: string, op: string, facts: FactsLookup): boolean {
  const shape = facts.get(value)?.shape;
  const biasFacts = facts.get(other);
  const biasShape = biasFacts?.shape;
  if (biasFacts?.constant !== true || !shape || !biasShape || facts.get(sum)?.shape?.length !== shape.length) return false;
  // Products carry features in the last dimension, convolutions in the second.
  const isConv = op.includes('Conv');
  const feature = isConv ? 1 : shape.length - 1;
  const start = shape.length - biasShape.length;
  if (start < 0) return false;
  return (
    biasShape.every((d, i) => (start + i === feature ? d === shape[feature] : d === 1)) && biasShape.length > shape.length - 1 - feature
  );
}

function onlyReader(name: string, index: GraphIndex): GraphNode | undefined {
  const readers = index.consumers.get(name) ?? [];
  return readers.length === 1 && !index.outputs.has(name) ? readers[0] : undefined;
}

/** The statistics of a BatchNormalization node in inference mode that are stored for it alone. */
function normForm(node: GraphNode, graph: Graph, index: GraphIndex, facts: FactsLookup): NormForm | null {
  if (node.op !== 'BatchNormalization' || node.domain !== '' || intAttribute(node, 'training_mode', 0) !== 0) return null;
  const [input = '', , , mean = '', variance = ''] = node.inputs;
  const channels = facts.get(mean)?.shape ?? null;
  const [count] = channels ?? [];
  const isOwn = (name: string): boolean =>
    graph.initializers.has(name) && (index.consumers.get(name)?.length ?? 0) === 1 && !index.outputs.has(name) && isStorable(name, facts);
  if (channels?.length !== 1 || typeof count !== 'number' || mean === variance || !isOwn(mean) || !isOwn(variance)) return null;
  return { input, mean, variance, channels: count };
}

function isStorable(name: string, facts: FactsLookup): boolean {
  const dtype = facts.get(name)?.dtype ?? 'unknown';
  return isFloat(dtype) && dtype !== 'bfloat16';
}

/** The Add that is all that reads a value, when its other operand is computed and neither is widened. */
function residualForm(value: string, index: GraphIndex, facts: FactsLookup): ResidualForm | null {
  const adder = onlyReader(value, index);
  const sum = adder?.outputs[0] ?? '';
  if (adder?.op !== 'Add' || adder.domain !== '' || sum === '') return null;
  const skip = adder.inputs[0] === value ? (adder.inputs[1] ?? '') : (adder.inputs[0] ?? '');
  const [own, other] = [facts.get(value)?.shape, facts.get(skip)];
  const isSame = own != null && other?.shape?.length === own.length && other.shape.every((dim, i) => dim === own[i] && dim !== null);
  return isSame && !other.constant && skip !== value ? { skip, sum } : null;
}

/** True when all that is read of a value is its mean over the positions: spatial dimensions of maps, the steps of a sequence. */
function isAveraged(value: string, op: string, index: GraphIndex, facts: FactsLookup): boolean {
  const rank = facts.get(value)?.shape?.length ?? 0;
  let at = value;
  for (let step = 0; step < maxTail; step++) {
    const next = onlyReader(at, index);
    if (next === undefined || next.domain !== '' || next.inputs[0] !== at) return false;
    if (next.op === 'GlobalAveragePool') return op.includes('Conv');
    if (next.op === 'ReduceMean') {
      const axes = intsAttribute(next, 'axes') ?? facts.get(next.inputs[1] ?? '')?.values ?? [];
      const positive = [...axes].map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
      const first = op.includes('Conv') ? 2 : 1;
      const last = op.includes('Conv') ? rank : rank - 1;
      return last > first && positive.length === last - first && positive.every((axis, i) => axis === first + i);
    }
    if (next.op !== 'Identity' && next.op !== 'Dropout') return false;
    at = next.outputs[0] ?? at;
  }
  return false;
}
