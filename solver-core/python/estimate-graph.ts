import { findLayers, inferShapes } from '../model/index.ts';
import type { GraphNode, ModelGraph, StoredTensor, ValueInfo } from '../model/index.ts';
import type { Attribute } from '../model/graph.ts';
import type { Layer } from '../model/layer.ts';
import type { LayerNode } from './layer-facts.ts';

/**
 * The layers that these operators would be in a model, each with an input of its own, as `findLayers` describes them; in the order given,
 * with ids "0", "1", … Null for an operator that turns out to be none.
 */
export function layersOfNodes(nodes: readonly LayerNode[]): readonly (Layer | null)[] {
  const graph = graphOf(nodes);
  const layers = new Map(findLayers(graph, inferShapes(graph)).map((layer) => [layer.id, layer]));
  return nodes.map((_, at) => layers.get(String(at)) ?? null);
}

function graphOf(nodes: readonly LayerNode[]): ModelGraph {
  const initializers = new Map<string, StoredTensor>();
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const graphNodes = nodes.map((node, at): GraphNode => {
    const names = node.weights.map((dims, i) => {
      const tensor = stored(`w${at}.${i}`, dims);
      initializers.set(tensor.name, tensor);
      return tensor.name;
    });
    inputs.push({ name: `x${at}`, kind: 'tensor', dtype: 'float32', shape: node.input });
    outputs.push({ name: `y${at}`, kind: 'tensor', dtype: 'float32', shape: null });
    const attributes = attributesOf(node);
    return {
      index: at,
      name: String(at),
      op: node.op,
      domain: '',
      overload: '',
      inputs: [`x${at}`, ...names],
      outputs: [`y${at}`],
      attributes,
      captured: [],
    };
  });
  return {
    name: 'arguments',
    nodes: graphNodes,
    order: graphNodes.map(({ index }) => index),
    inputs,
    outputs,
    valueInfos: new Map(),
    initializers,
    opsets: new Map([['', 17]]),
    functions: new Map(),
  };
}

function attributesOf(node: LayerNode): ReadonlyMap<string, Attribute> {
  const attributes = new Map<string, Attribute>();
  for (const [name, value] of Object.entries(node.ints ?? {}))
    attributes.set(name, typeof value === 'number' ? { kind: 'int', value } : { kind: 'ints', value });
  if (node.padding !== undefined) attributes.set('auto_pad', { kind: 'string', value: node.padding });
  return attributes;
}

function stored(name: string, dims: readonly number[]): StoredTensor {
  const elements = dims.reduce((a, b) => a * b, 1);
  return { name, dtype: 'float32', dims, elements, sizeBytes: elements * 4, storage: 'none', values: null };
}
