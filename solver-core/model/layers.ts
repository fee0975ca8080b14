import { dtypeBits } from './dtype-bits.ts';
import { shapeElements } from './elements.ts';
import { intAttribute, type Graph, type GraphNode, type ModelGraph } from './graph.ts';
import { layerOpOf, type LayerOp } from './layer-ops.ts';
import { followLayer, mainOutput } from './layer-tail.ts';
import type { Layer } from './layer.ts';
import { linearForm } from './linear-form.ts';
import { layerMacs } from './macs.ts';
import type { FactsLookup } from './shape-inference/facts.ts';
import type { InferredShapes } from './shape-inference/infer.ts';
import { indexGraph, traceWeight, type GraphIndex, type TracedWeight } from './weight-trace.ts';

/**
 * The layers of a model in graph order: weight-bearing nodes of the main graph and of its subgraphs (whose MACs count once
 * per run). Ids are node names, else first output names, made unique with a number. `shapes` comes from inferShapes.
 */
export function findLayers(graph: ModelGraph, shapes: InferredShapes): Layer[] {
  const ids = new Set<string>();
  const layers = layersOf({ graph, facts: shapes.values, runs: 1, outer: null, shapes, ids });
  // The labels are answered by the last layer; below it, each position has its own targets.
  return layers.map((layer, at) => (at < layers.length - 1 && layer.averaged ? { ...layer, averaged: false } : layer));
}

/** One graph being searched; `outer` is the node of the main graph that contains it. */
interface Search {
  readonly graph: Graph;
  readonly facts: FactsLookup;
  readonly runs: number | null;
  readonly outer: GraphNode | null;
  readonly shapes: InferredShapes;
  readonly ids: Set<string>;
}

function layersOf(search: Search): Layer[] {
  const { graph } = search;
  const index = indexGraph(graph);
  const layers: Layer[] = [];
  for (const position of graph.order) {
    const node = graph.nodes[position];
    if (node === undefined) continue;
    const op = layerOpOf(node);
    if (op !== undefined) {
      const layer = layerOf(node, op, search, index);
      if (layer !== undefined) layers.push(layer);
    } else if (node.captured.length > 0 || node.attributes.size > 0) {
      for (const body of bodiesOf(node)) layers.push(...bodyLayers(body, node, search));
    }
  }
  return layers;
}

function bodiesOf(node: GraphNode): Graph[] {
  return [...node.attributes.values()].flatMap((a) => (a.kind === 'graph' ? [a.value] : a.kind === 'graphs' ? [...a.value] : []));
}

function bodyLayers(body: Graph, node: GraphNode, search: Search): Layer[] {
  const inferred = search.shapes.bodies.get(body);
  if (inferred === undefined) return [];
  // Looked up in turn: copying the outer facts for every body would take quadratic time.
  const facts = { get: (name: string) => inferred.values.get(name) ?? search.facts.get(name) };
  const runs = inferred.runs === null || search.runs === null ? null : inferred.runs * search.runs;
  return layersOf({ ...search, graph: body, facts, runs, outer: search.outer ?? node });
}

function layerOf(node: GraphNode, op: LayerOp, search: Search, index: GraphIndex): Layer | undefined {
  const { graph, facts } = search;
  const weightName = node.inputs[op.weights[0] ?? 0] ?? '';
  const isConstant = facts.get(weightName)?.constant === true;
  if (op.needsConstantWeight && !isConstant) return undefined;
  const weight = traceWeight(weightName, graph, index, facts);
  const tail = followLayer(node, op, graph, index, facts);
  const ownBias = op.bias === null ? '' : (node.inputs[op.bias] ?? '');
  const bias = ownBias !== '' ? ownBias : tail.bias;
  const operands = { inputs: node.inputs.map((name) => facts.get(name)), output: facts.get(mainOutput(node)) };
  const macs = layerMacs(node, operands);
  const input = node.inputs[op.input] ?? '';
  const found =
    search.outer === null
      ? linearForm({ node, weight, bias }, graph, index, facts)
      : { linear: null, reason: `it is inside the body of a ${search.outer.op} node` };
  const sizes = weightSizes(node, op, bias, weight, graph, index, facts);
  const inputShape = facts.get(input)?.shape ?? null;
  const outputShape = facts.get(mainOutput(node))?.shape ?? null;
  return {
    id: uniqueId(node, search.ids),
    op: node.op,
    nodeIndex: search.outer?.index ?? node.index,
    inputShape,
    outputShape,
    macs: macs === null || search.runs === null ? null : macs * search.runs,
    ...sizes,
    activationBits: activationBits(input, index, facts),
    inputElements: shapeElements(inputShape),
    outputElements: shapeElements(outputShape),
    weight: weight.stored,
    bias: bias !== null && (graph.initializers.has(bias) || index.producers.get(bias)?.op === 'Constant') ? bias : null,
    input,
    preActivation: tail.preActivation,
    output: tail.output,
    activation: tail.activation,
    norm: search.outer === null ? tail.norm : null,
    residual: search.outer === null ? tail.residual : null,
    averaged: tail.averaged,
    linear: found.linear,
    notSolvable: found.reason,
  };
}

/** Layer parameters (constant weights and bias), their bytes as stored, and the bits of one weight. */
function weightSizes(
  node: GraphNode,
  op: LayerOp,
  bias: string | null,
  weight: TracedWeight,
  graph: Graph,
  index: GraphIndex,
  facts: FactsLookup,
): { readonly parameters: number; readonly weightBytes: number; readonly weightBits: number } {
  const packedBits = node.op === 'MatMulNBits' ? intAttribute(node, 'bits', 4) : 0;
  let parameters = 0;
  let weightBytes = 0;
  const names = op.weights.map((i) => node.inputs[i] ?? '');
  for (const name of new Set(bias === null ? names : [...names, bias])) {
    const value = facts.get(name);
    if (name === '' || value?.constant !== true) continue;
    const stored = traceWeight(name, graph, index, facts);
    const elements = shapeElements(value.shape) ?? 0;
    if (packedBits > 0 && name === names[0]) {
      parameters += intAttribute(node, 'K', 0) * intAttribute(node, 'N', 0);
      weightBytes += Math.ceil((elements * dtypeBits(value.dtype)) / 8);
    } else {
      parameters += elements;
      weightBytes += Math.ceil((elements * (stored.bits || dtypeBits(value.dtype) || 32)) / 8);
    }
  }
  return { parameters, weightBytes, weightBits: packedBits || weight.bits || 32 };
}

/** Bits of the layer's input as computed: those before dequantisation when a DequantizeLinear node feeds it. */
function activationBits(input: string, index: GraphIndex, facts: FactsLookup): number {
  const producer = index.producers.get(input);
  const source = producer?.op === 'DequantizeLinear' ? (producer.inputs[0] ?? input) : input;
  return dtypeBits(facts.get(source)?.dtype ?? 'unknown') || 32;
}

function uniqueId(node: GraphNode, ids: Set<string>): string {
  const first = node.outputs.find((o) => o !== '') ?? '';
  let id = node.name !== '' ? node.name : first;
  if (id === '' || ids.has(id)) id = first !== '' && !ids.has(first) ? first : id;
  for (let n = 2; id === '' || ids.has(id); n++) id = `${node.name || first || node.op}#${n}`;
  ids.add(id);
  return id;
}
