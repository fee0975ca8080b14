import type { Attribute, Graph, GraphNode, StoredTensor } from '../graph.ts';
import type { Dim, Dtype, Shape } from '../tensor.ts';

/** What inference knows of one value. */
export interface ValueFacts {
  readonly dtype: Dtype;
  /** null: nothing is known, not even the rank. */
  readonly shape: Shape;
  /** Row-major elements of a small tensor whose values follow from shapes and constants; null when not known. */
  readonly values: readonly number[] | null;
  /** True when the value is the same for all inputs of the model: stored, or computed from stored values alone. */
  readonly constant: boolean;
  /** A sequence of tensors of this element type; its shape is that of an element. */
  readonly isSequence?: boolean;
}

/** Facts by value name; a map of them fits. */
export interface FactsLookup {
  get(name: string): ValueFacts | undefined;
}

/** What inference rules see of a node. */
export interface InferContext {
  readonly node: GraphNode;
  /** Version of the ONNX operator set (domain ''); 0 when the model imports none. */
  readonly opset: number;
  /** Facts of an input; undefined when the input is not given. */
  input(index: number): ValueFacts | undefined;
  /** Infers a subgraph. `inputs`: facts by the subgraph's input position; `runs`: how often it runs, null when not known. Returns facts of its outputs. */
  subgraph(graph: Graph, inputs: readonly (ValueFacts | undefined)[], runs: number | null): readonly ValueFacts[];
}

/** Facts of a node's outputs by position; undefined = not known. Throws InferenceProblem for inputs that contradict the operator. */
export type InferRule = (context: InferContext) => readonly (ValueFacts | undefined)[];

/** Rules by operator: "Conv" for the ONNX domain, "com.microsoft:Attention" for others. */
export type RuleTable = Readonly<Record<string, InferRule>>;

/** A node whose inputs contradict its operator; becomes a diagnostic of that node. Never leaves the inference. */
export class InferenceProblem extends Error {}

export const unknownFacts: ValueFacts = { dtype: 'unknown', shape: null, values: null, constant: false };

/** Facts of a computed tensor: no known values, not constant (the engine adds that). */
export function tensorFacts(dtype: Dtype, shape: Shape, values: readonly number[] | null = null): ValueFacts {
  return { dtype, shape, values, constant: false };
}

/** Facts of a stored tensor. */
export function storedFacts(tensor: StoredTensor): ValueFacts {
  return { dtype: tensor.dtype, shape: Number.isNaN(tensor.elements) ? null : tensor.dims, values: tensor.values, constant: true };
}

/** Throws InferenceProblem unless the condition holds. */
export function expectThat(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InferenceProblem(message);
}

/** The values of an input that gives a list of integers; undefined when not given, null when not known. */
export function integerInput(context: InferContext, index: number): readonly number[] | null | undefined {
  const facts = context.input(index);
  return facts === undefined ? undefined : facts.values;
}

/** Axis in 0..rank-1 from one that may count from the end. */
export function normalAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  expectThat(Number.isInteger(normal) && normal >= 0 && normal < Math.max(rank, 1), `axis ${axis} is outside a tensor of rank ${rank}`);
  return normal;
}

/** Sizes multiplied; null when one is not known. */
export function multiply(dims: readonly Dim[]): number | null {
  let product = 1;
  for (const dim of dims) {
    if (typeof dim !== 'number') return null;
    product *= dim;
  }
  return product;
}

/** Shape of an element-wise operation (ONNX multidirectional broadcasting); null when one shape is not known. */
export function broadcast(shapes: readonly Shape[]): Shape {
  let rank = 0;
  for (const shape of shapes) {
    if (shape === null) return null;
    rank = Math.max(rank, shape.length);
  }
  const out: Dim[] = new Array<Dim>(rank).fill(1);
  for (const shape of shapes) {
    const start = rank - (shape?.length ?? 0);
    shape?.forEach((dim, i) => {
      out[start + i] = broadcastDim(out[start + i] ?? null, dim);
    });
  }
  return out;
}

function broadcastDim(a: Dim, b: Dim): Dim {
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === 'number' && typeof b === 'number') {
    expectThat(a === b, `dimensions ${a} and ${b} do not broadcast`);
    return a;
  }
  return typeof a === 'number' ? a : typeof b === 'number' ? b : null;
}

/** Attribute of any kind, for rules that look at several. */
export function attribute(context: InferContext, name: string): Attribute | undefined {
  return context.node.attributes.get(name);
}
