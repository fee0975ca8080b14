import { intsAttribute, type Graph, type GraphNode } from './graph.ts';
import { dtypeBits } from './dtype-bits.ts';
import type { FactsLookup } from './shape-inference/facts.ts';
import type { Dtype } from './tensor.ts';

/** Who makes and who reads each value of a graph. */
export interface GraphIndex {
  readonly producers: ReadonlyMap<string, GraphNode>;
  /** Nodes that read a value, once per use; nodes whose subgraphs read it count too. */
  readonly consumers: ReadonlyMap<string, readonly GraphNode[]>;
  readonly outputs: ReadonlySet<string>;
}

/** Indexes a graph. O(nodes + edges). */
export function indexGraph(graph: Graph): GraphIndex {
  const producers = new Map<string, GraphNode>();
  const consumers = new Map<string, GraphNode[]>();
  const use = (name: string, node: GraphNode): void => {
    const list = consumers.get(name);
    if (list === undefined) consumers.set(name, [node]);
    else list.push(node);
  };
  for (const node of graph.nodes) {
    for (const name of node.outputs) if (name !== '') producers.set(name, node);
    for (const name of node.inputs) if (name !== '') use(name, node);
    for (const name of node.captured) use(name, node);
  }
  return { producers, consumers, outputs: new Set(graph.outputs.map((o) => o.name)) };
}

/** Where the values of a weight operand come from. */
export interface TracedWeight {
  /** Name of the initializer, or of the value made by a Constant node; null when the weight is computed some other way. */
  readonly stored: string | null;
  /** Operators between the stored tensor and the layer, from the layer down. */
  readonly via: readonly string[];
  /** True when `via` is empty or a single Transpose that swaps the two dimensions of a matrix. */
  readonly isPlainMatrix: boolean;
  /** True when the stored numbers reach the layer in their own order: `via` changes the shape at most. */
  readonly keepsOrder: boolean;
  /** True when every value on the way has one reader. */
  readonly isExclusive: boolean;
  /** Stored element type and bits. */
  readonly dtype: Dtype;
  readonly bits: number;
}

/** Operators that hand a weight on with other numbers or another layout, but keep it one weight. */
const carriers: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'DequantizeLinear',
  'QuantizeLinear',
  'Transpose',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
]);

/** Carriers that change the shape only. */
const reshapers: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']);

/** Longest chain of carriers that is followed. */
const maxCarriers = 8;

/** Follows a weight operand back to the tensor that stores it. */
export function traceWeight(name: string, graph: Graph, index: GraphIndex, facts: FactsLookup): TracedWeight {
  const via: string[] = [];
  let isPlainMatrix = true;
  let isExclusive = true;
  let keepsOrder = true;
  let at = name;
  for (let step = 0; step <= maxCarriers; step++) {
    isExclusive &&= (index.consumers.get(at)?.length ?? 0) === 1 && !index.outputs.has(at);
    const dtype = facts.get(at)?.dtype ?? 'unknown';
    const here = { via, isPlainMatrix: isPlainMatrix && via.length <= 1, keepsOrder, isExclusive, dtype, bits: dtypeBits(dtype) };
    if (graph.initializers.has(at)) return { stored: at, ...here };
    const producer = index.producers.get(at);
    if (producer === undefined) return { stored: null, ...here };
    if (producer.op === 'Constant' && producer.domain === '')
      return { stored: producer.attributes.get('value')?.kind === 'tensor' ? at : null, ...here };
    if (producer.domain !== '' || !carriers.has(producer.op)) return { stored: null, ...here, via: [...via, producer.op] };
    via.push(producer.op);
    keepsOrder &&= reshapers.has(producer.op);
    isPlainMatrix &&= producer.op === 'Transpose' && isMatrixSwap(producer);
    at = producer.inputs[0] ?? '';
  }
  return { stored: null, via, isPlainMatrix: false, keepsOrder: false, isExclusive: false, dtype: 'unknown', bits: 0 };
}

function isMatrixSwap(node: GraphNode): boolean {
  const perm = intsAttribute(node, 'perm');
  return perm === undefined || (perm.length === 2 && perm[0] === 1 && perm[1] === 0);
}
