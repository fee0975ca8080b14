import type { Attribute, GraphNode, ModelGraph } from '../../model/graph.ts';
import { elementsOf } from './values.ts';

/** Operators of our own that several nodes become. */
export type FusedOp = 'Threshold' | 'Dense' | 'MulMulAdd';
export const fusedOps: ReadonlySet<string> = new Set<FusedOp>(['Threshold', 'Dense', 'MulMulAdd']);

/**
 * A node to be run. `op` is that of ONNX, or a FusedOp:
 * Threshold: x, limit, centre or ''; attribute nan 1 where NaN stays; y = |x-c| > limit ? x-c : 0 (nan 0) or |x-c| < limit ? 0 : x-c (nan 1);
 * Dense: x, weights, bias; MulMulAdd: a·b + c·d.
 */
export type RunNode = GraphNode;

/**
 * The nodes that the outputs need, in an order in which every node comes after those it reads from; thresholds, biases behind products
 * and sums of two products are one node each where nothing else reads what lies between. O(nodes).
 */
export function runNodes(graph: ModelGraph): readonly RunNode[] {
  const needed = neededNodes(graph);
  const view = new View(graph, needed);
  const fused = new Map<number, RunNode>();
  const absorbed = new Set<number>();
  for (const index of needed) {
    const node = graph.nodes[index];
    if (node === undefined || node.domain !== '') continue;
    const match =
      node.op === 'Where' ? threshold(node, view) : node.op === 'Add' ? (dense(node, view) ?? mulMulAdd(node, view)) : undefined;
    if (match === undefined || match.takes.some((taken) => absorbed.has(taken.index))) continue;
    for (const taken of match.takes) absorbed.add(taken.index);
    fused.set(index, match.node);
  }
  return needed.flatMap((index) => {
    const node = graph.nodes[index];
    return node === undefined || absorbed.has(index) ? [] : [fused.get(index) ?? node];
  });
}

interface Match {
  readonly node: RunNode;
  readonly takes: readonly GraphNode[];
}

/** Who makes and who reads the values of a graph. */
class View {
  readonly graph: ModelGraph;
  private readonly makers = new Map<string, GraphNode>();
  private readonly reads = new Map<string, number>();

  constructor(graph: ModelGraph, needed: readonly number[]) {
    this.graph = graph;
    for (const { name } of graph.outputs) this.reads.set(name, 1);
    for (const index of needed) {
      const node = graph.nodes[index];
      for (const name of node?.outputs ?? []) if (node !== undefined) this.makers.set(name, node);
      for (const name of node?.inputs ?? []) this.reads.set(name, (this.reads.get(name) ?? 0) + 1);
    }
  }

  /** The node of this operator that makes the value, when exactly `readers` reads of it exist (outputs of the model count). */
  inner(name: string | undefined, op: string, readers = 1): GraphNode | undefined {
    const node = name === undefined ? undefined : this.makers.get(name);
    const fits =
      node !== undefined && node.op === op && node.domain === '' && node.outputs.length === 1 && this.reads.get(name ?? '') === readers;
    return fits ? node : undefined;
  }

  /** Dimensions of a stored tensor. */
  storedDims(name: string | undefined): readonly number[] | undefined {
    if (name === undefined) return undefined;
    const constant = this.makers.get(name);
    if (constant === undefined) return this.graph.initializers.get(name)?.dims;
    const value = constant.op === 'Constant' ? constant.attributes.get('value') : undefined;
    return value?.kind === 'tensor' ? value.value.dims : undefined;
  }

  /** True for a stored scalar (or one element) of this value. */
  isScalar(name: string | undefined, expected: number): boolean {
    const constant = name === undefined ? undefined : this.makers.get(name);
    const attribute = constant?.op === 'Constant' ? constant.attributes.get('value') : undefined;
    const stored = attribute?.kind === 'tensor' ? attribute.value : this.graph.initializers.get(name ?? '');
    return stored?.values?.length === 1 && Object.is(stored.values[0], expected);
  }

  /** True for a stored vector along the last dimension, or one number. */
  isVector(name: string | undefined): boolean {
    const dims = this.storedDims(name);
    return dims !== undefined && elementsOf(dims) === (dims.at(-1) ?? 1) && dims.length <= 3;
  }
}

function neededNodes(graph: ModelGraph): number[] {
  const wanted = new Set(graph.outputs.map(({ name }) => name));
  const needed: number[] = [];
  for (const index of [...graph.order].reverse()) {
    const node = graph.nodes[index];
    if (node === undefined || !node.outputs.some((name) => name !== '' && wanted.has(name))) continue;
    needed.push(index);
    for (const name of [...node.inputs, ...node.captured]) if (name !== '') wanted.add(name);
  }
  return needed.reverse();
}

/** Where(Greater(|v|, t), v, 0) or Where(Greater(limit, |v|), 0, v) with v = x or x - c. */
function threshold(node: GraphNode, view: View): Match | undefined {
  const [condition, whenTrue, whenFalse] = node.inputs;
  const greater = view.inner(condition, 'Greater');
  if (greater === undefined) return undefined;
  const keepsNaN = view.isScalar(whenTrue, 0);
  if (!keepsNaN && !view.isScalar(whenFalse, 0)) return undefined;
  const value = keepsNaN ? whenFalse : whenTrue;
  const [limit, size] = keepsNaN ? greater.inputs : [greater.inputs[1], greater.inputs[0]];
  const abs = view.inner(size, 'Abs');
  if (abs === undefined || abs.inputs[0] !== value || value === undefined || limit === undefined || !view.isVector(limit)) return undefined;
  const sub = view.inner(value, 'Sub', 2);
  const centred = sub !== undefined && view.isVector(sub.inputs[1]);
  const [x, centre] = centred ? [sub.inputs[0] ?? '', sub.inputs[1] ?? ''] : [value, ''];
  return {
    node: fusedNode(node, 'Threshold', [x, limit, centre], new Map([['nan', { kind: 'int', value: keepsNaN ? 1 : 0 } as const]])),
    takes: [greater, abs, ...(centred ? [sub] : [])],
  };
}

/** Add(MatMul(x, stored matrix), stored vector), either way round. It keeps the name of the product, by which the layer is counted. */
function dense(node: GraphNode, view: View): Match | undefined {
  for (const [at, other] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const product = view.inner(node.inputs[at], 'MatMul');
    const bias = node.inputs[other];
    const weights = view.storedDims(product?.inputs[1]);
    const outputs = weights?.length === 2 ? weights[1] : undefined;
    const biasDims = view.storedDims(bias);
    if (product === undefined || outputs === undefined || biasDims?.length !== 1 || biasDims[0] !== outputs) continue;
    const name = product.name || (product.outputs[0] ?? '');
    return {
      node: { ...fusedNode(node, 'Dense', [product.inputs[0] ?? '', product.inputs[1] ?? '', bias ?? ''], new Map()), name },
      takes: [product],
    };
  }
  return undefined;
}

function mulMulAdd(node: GraphNode, view: View): Match | undefined {
  const left = view.inner(node.inputs[0], 'Mul');
  const right = view.inner(node.inputs[1], 'Mul');
  if (left === undefined || right === undefined) return undefined;
  return { node: fusedNode(node, 'MulMulAdd', [...left.inputs, ...right.inputs], new Map()), takes: [left, right] };
}

function fusedNode(node: GraphNode, op: FusedOp, inputs: readonly string[], attributes: ReadonlyMap<string, Attribute>): RunNode {
  return { ...node, op, inputs, attributes };
}
