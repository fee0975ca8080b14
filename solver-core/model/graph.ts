import type { Dtype, Shape, TensorInfo } from './tensor.ts';

/** Elements up to which the values of a tensor are kept for shape arithmetic. */
export const maxFoldedElements = 4096;

/** A stored tensor: described, with its values only when it is small and numeric. */
export interface StoredTensor extends TensorInfo {
  /** Row-major elements of a tensor of at most `maxFoldedElements`; null when larger, external or not numeric. 64-bit integers beyond 2^53 are rounded. */
  readonly values: readonly number[] | null;
}

/** A named value with its declared type. `kind` other than 'tensor' has no shape of its own. */
export interface ValueInfo {
  readonly name: string;
  readonly kind: 'tensor' | 'sparse' | 'sequence' | 'map' | 'optional' | 'opaque' | 'unknown';
  readonly dtype: Dtype;
  readonly shape: Shape;
}

/** A node's attribute. Integers are numbers (rounded beyond 2^53, which only sentinels such as INT64_MAX reach). */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: StoredTensor }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'graphs'; readonly value: readonly Graph[] }
  /** Taken from the caller's attribute of this name (inside functions only). */
  | { readonly kind: 'reference'; readonly value: string }
  | { readonly kind: 'other'; readonly value: null };

/** One operator call. An empty input or output name means "not given". */
export interface GraphNode {
  /** Position in `Graph.nodes` (file order). */
  readonly index: number;
  readonly name: string;
  readonly op: string;
  /** Operator set; '' is the ONNX one. */
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Names of the surrounding graphs that the node's subgraphs read. */
  readonly captured: readonly string[];
}

/** A graph without any notion of how it was stored. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  /** Node indices so that every node comes after the producers of what it reads. */
  readonly order: readonly number[];
  /** Inputs that the caller must give: graph inputs without an initializer. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Declared types of inner values and of overridable inputs. */
  readonly valueInfos: ReadonlyMap<string, ValueInfo>;
  readonly initializers: ReadonlyMap<string, StoredTensor>;
}

/** A model-local function: an operator given by a graph. */
export interface GraphFunction {
  readonly graph: Graph;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Defaults of attributes. */
  readonly defaults: ReadonlyMap<string, Attribute>;
}

/** The main graph with what is shared by all graphs of a model. */
export interface ModelGraph extends Graph {
  /** Operator set versions by domain. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Functions by `functionKey`. */
  readonly functions: ReadonlyMap<string, GraphFunction>;
}

/** Key of a function (or of the node that calls it) in `ModelGraph.functions`. */
export function functionKey(domain: string, name: string, overload: string): string {
  return `${domain}\u0000${name}\u0000${overload}`;
}

/** Integer attribute, or `fallback` when absent or of another kind. */
export function intAttribute(node: GraphNode, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'int' ? attribute.value : fallback;
}

/** Float attribute (an integer counts too), or `fallback`. */
export function floatAttribute(node: GraphNode, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'float' || attribute?.kind === 'int' ? attribute.value : fallback;
}

/** List of integers, or undefined when absent or of another kind. */
export function intsAttribute(node: GraphNode, name: string): readonly number[] | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'ints' ? attribute.value : undefined;
}

/** Text attribute, or `fallback`. */
export function stringAttribute(node: GraphNode, name: string, fallback: string): string {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'string' ? attribute.value : fallback;
}

/** Subgraph attribute, or undefined. */
export function graphAttribute(node: GraphNode, name: string): Graph | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'graph' ? attribute.value : undefined;
}
