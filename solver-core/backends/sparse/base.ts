import type { ModelGraph } from '../../model/graph.ts';
import type { OnnxModel } from '../../onnx/index.ts';
import { Builder, type ZeroList } from './builder.ts';
import type { Emitter } from './emission.ts';
import { elementwise } from './emit-elementwise.ts';
import { layerOps, thresholdEmitter } from './emit-layers.ts';
import { movement } from './emit-move.ts';
import { rows } from './emit-rows.ts';
import { shapes } from './emit-shape.ts';
import { unsupported } from './errors.ts';
import { Layers } from './layers.ts';
import type { Machine } from './machine.ts';
import { fusedOps, runNodes, type RunNode } from './rewrite.ts';
import { storedTensors } from './stored.ts';
import type { Value } from './values.ts';

const emitters: ReadonlyMap<string, Emitter> = new Map(
  Object.entries({ ...elementwise, ...movement, ...shapes, ...rows, ...layerOps, Threshold: thresholdEmitter(false) }),
);

/** What is the same for every shape of the inputs: the nodes to run, stored tensors, packed weights, constants made of them. */
export interface Base {
  readonly graph: ModelGraph;
  readonly opset: number;
  readonly machine: Machine;
  readonly layers: Layers;
  /** In order; without those whose results are in `constants`. */
  readonly nodes: readonly RunNode[];
  /** Stored tensors that steps read, and what depends on nothing else. */
  readonly constants: ReadonlyMap<string, Value>;
  /** Whether the model stores a tensor of this name. */
  isStored(name: string): boolean;
  emitterOf(node: RunNode): Emitter;
}

/** Prepares a model. Rejects with `sparse-op-unsupported` for the first node that cannot be run. */
export function prepare(model: OnnxModel, machine: Machine, skipZeros: boolean): Base {
  const { graph } = model;
  const opset = graph.opsets.get('') ?? 0;
  const stored = storedTensors(model);
  const layers = new Layers(machine, skipZeros, (name) => stored.read(name));
  const all = runNodes(graph);
  for (const node of all) {
    // Operators of our own come from here alone, whatever a file calls its nodes.
    const foreign = fusedOps.has(node.op) && graph.nodes[node.index]?.op === node.op;
    if (!isConstantNode(node) && (node.domain !== '' || foreign || !emitters.has(node.op))) throw unsupported(node);
  }
  const constants = new Map<string, Value>();
  const builder = new Builder(machine);
  const place = (name: string, node: RunNode | undefined): void => {
    const tensor = name === '' || constants.has(name) ? undefined : stored.read(name);
    if (tensor !== undefined) constants.set(name, builder.constant(tensor.dims, tensor.kind, tensor.data));
    else if (node !== undefined && name !== '' && graph.initializers.has(name) && !constants.has(name))
      throw unsupported(node, `its stored input is of type ${graph.initializers.get(name)?.dtype ?? 'unknown'} or too large`);
  };
  const nodes: RunNode[] = [];
  const listed = new Set<string>();
  const emitterOf = (node: RunNode): Emitter =>
    node.op === 'Threshold' ? thresholdEmitter(listed.has(node.outputs[0] ?? '')) : (emitters.get(node.op) as Emitter);
  for (const node of all) {
    if (isConstantNode(node)) {
      if (stored.read(node.outputs[0] ?? '') === undefined) throw unsupported(node, 'a constant that is not of numbers, or too large');
      continue;
    }
    const weights = layers.weightsOf(node);
    node.inputs.forEach((name, i) => {
      // Packed weights and biases are all that the kernels read of a layer's tensors.
      if (weights === undefined || i === 0 || (i === 2 && node.op === 'Gemm')) place(name, node);
    });
    if (weights !== undefined) layers.reserve(node, weights);
    const isConstant = node.op !== 'Threshold' && weights === undefined && node.inputs.every((name) => name === '' || constants.has(name));
    if (!isConstant) {
      nodes.push(node);
      continue;
    }
    const inputs = node.inputs.map((name) => constants.get(name));
    const made = builder.perform(node, true, () =>
      emitterOf(node)({ node, inputs, builder, opset, layers, lists: new Map<string, ZeroList>() }),
    );
    node.outputs.forEach((name, i) => {
      const value = made[i];
      if (name !== '' && value !== undefined) constants.set(name, value);
    });
  }
  for (const { name } of graph.outputs) place(name, undefined);
  for (const name of listedOnly(graph, nodes, layers)) listed.add(name);
  return { graph, opset, machine, layers, nodes, constants, isStored: (name) => stored.has(name), emitterOf };
}

function isConstantNode(node: RunNode): boolean {
  return node.op === 'Constant' && node.domain === '';
}

/** Results of thresholds that nothing reads but layers that skip: these need the list only. */
function listedOnly(graph: ModelGraph, nodes: readonly RunNode[], layers: Layers): Set<string> {
  if (!layers.skipZeros) return new Set();
  const candidates = new Set(nodes.filter(({ op }) => op === 'Threshold').map(({ outputs }) => outputs[0] ?? ''));
  for (const { name } of graph.outputs) candidates.delete(name);
  for (const node of nodes) {
    const weights = layers.weightsOf(node);
    const skips = weights !== undefined && weights.finite && !(node.op === 'Gemm' && node.attributes.has('transA'));
    node.inputs.forEach((name, i) => {
      if (i > 0 || !skips) candidates.delete(name);
    });
  }
  return candidates;
}
