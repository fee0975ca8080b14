import type { Diagnostic } from '../diagnostic.ts';
import {
  functionKey,
  maxFoldedElements,
  type Attribute,
  type Graph,
  type GraphFunction,
  type GraphNode,
  type ModelGraph,
  type ValueInfo,
} from '../graph.ts';
import { quoteName } from '../quote.ts';
import type { Dim, Shape } from '../tensor.ts';
import { InferenceProblem, storedFacts, unknownFacts, type InferContext, type ValueFacts } from './facts.ts';
import { ruleFor } from './registry.ts';

/** Values for symbolic dimensions by name. Names not listed, and dimensions without a name, take `fallback` (default 1). */
export interface DimBindings {
  readonly named?: Readonly<Record<string, number>>;
  readonly fallback?: number;
}

/** What was inferred for one graph of the model. */
export interface GraphFacts {
  /** Facts by value name, for every value of the graph. */
  readonly values: ReadonlyMap<string, ValueFacts>;
  /** How often the graph runs per forward pass; null when not known. 1 for the main graph. */
  readonly runs: number | null;
}

/** Inferred facts of a whole model. */
export interface InferredShapes extends GraphFacts {
  /** Facts of subgraphs (bodies of If, Loop, Scan), by graph. A body that is called several times keeps the last call. */
  readonly bodies: ReadonlyMap<Graph, GraphFacts>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Levels of functions and subgraphs that are followed; deeper ones give unknown shapes. */
const maxDepth = 32;

/** Nodes inferred per model, bodies and functions counted per call: bounds the time that nested functions can take. */
const maxInferredNodes = 1_500_000;

/** Elements of small tensors computed per model; beyond it only those of at most `tinyElements` are followed. Bounds memory and time. */
const maxFoldedTotal = 4_000_000;
const tinyElements = 64;

/** Largest rank of an inferred shape; ranks above it are treated as unknown. */
const maxRank = 64;

/**
 * Infers shape and element type of every value, and the values of small integer tensors, so that shape arithmetic in the
 * graph (Shape, Gather, Concat, Reshape) is followed. No tensor is allocated. Never throws for a strange model:
 * an operator without a rule gives `unknown-operator` (warning) and unknown outputs, unless the file declares their type;
 * inputs that contradict an operator give `shape-conflict` (warning).
 */
export function inferShapes(graph: ModelGraph, bindings: DimBindings = {}): InferredShapes {
  return new Inference(graph, bindings).run();
}

/** Declared type of a value with its symbolic dimensions replaced. */
export function bindShape(shape: Shape, bindings: DimBindings): Shape {
  const fallback = bindings.fallback ?? 1;
  return shape === null
    ? null
    : shape.map((dim): Dim => {
        if (typeof dim === 'number') return dim;
        if (dim === null) return fallback;
        return bindings.named !== undefined && Object.hasOwn(bindings.named, dim) ? (bindings.named[dim] ?? fallback) : fallback;
      });
}

type Scope = Map<string, ValueFacts>;

class Inference {
  private readonly model: ModelGraph;
  private readonly bindings: DimBindings;
  private readonly bodies = new Map<Graph, GraphFacts>();
  private readonly diagnostics: Diagnostic[] = [];
  private readonly reported = new Map<string, number>();
  private inferred = 0;
  private folded = 0;

  constructor(model: ModelGraph, bindings: DimBindings) {
    this.model = model;
    this.bindings = bindings;
  }

  run(): InferredShapes {
    const scope: Scope = new Map();
    for (const input of this.model.inputs) scope.set(input.name, this.declared(input));
    this.graph(this.model, scope, [], 0);
    return { values: scope, runs: 1, bodies: this.bodies, diagnostics: this.diagnostics };
  }

  /** Fills `scope` with the facts of all values of the graph. `outer`: surrounding scopes, innermost first. */
  private graph(graph: Graph, scope: Scope, outer: readonly Scope[], depth: number): void {
    for (const [name, tensor] of graph.initializers) scope.set(name, storedFacts(tensor));
    // Initializers of bodies that run often are work, too.
    this.inferred += depth > 0 ? graph.initializers.size : 0;
    const outputTypes = new Map(graph.outputs.map((o) => [o.name, o]));
    const scopes = [scope, ...outer];
    for (const index of graph.order) {
      const node = graph.nodes[index];
      if (node === undefined) continue;
      const outputs = this.node(node, scopes, depth);
      node.outputs.forEach((name, i) => {
        if (name !== '') scope.set(name, this.settle(outputs[i], graph.valueInfos.get(name) ?? outputTypes.get(name)));
      });
    }
  }

  /** What was inferred, completed by what the file declares where nothing was. */
  private settle(facts: ValueFacts | undefined, declared: ValueInfo | undefined): ValueFacts {
    if (facts !== undefined && facts.shape !== null && facts.dtype !== 'unknown') return facts;
    if (declared === undefined || declared.kind !== 'tensor') return facts ?? unknownFacts;
    const known = this.declared(declared);
    if (facts === undefined) return known;
    return { ...facts, dtype: facts.dtype === 'unknown' ? known.dtype : facts.dtype, shape: facts.shape ?? known.shape };
  }

  private declared(info: ValueInfo): ValueFacts {
    return {
      dtype: info.dtype,
      shape: bindShape(info.shape, this.bindings),
      values: null,
      constant: false,
      isSequence: info.kind === 'sequence',
    };
  }

  private node(node: GraphNode, scopes: readonly Scope[], depth: number): readonly (ValueFacts | undefined)[] {
    if (++this.inferred > maxInferredNodes || depth > maxDepth) {
      this.report(
        node,
        'inference-limit',
        `The model nests functions or subgraphs so deeply that shape inference stopped here; shapes beyond it are unknown.`,
      );
      return [];
    }
    const inputs = node.inputs.map((name) => (name === '' ? undefined : this.affordable(lookUp(scopes, name) ?? unknownFacts)));
    const context: InferContext = {
      node,
      opset: this.model.opsets.get('') ?? 0,
      input: (i) => inputs[i],
      subgraph: (graph, given, runs) => this.body(graph, given, runs, scopes, depth),
    };
    const outputs = this.outputs(context, depth);
    const constant = node.inputs.length > 0 && isConstantNode(node, inputs, scopes);
    return outputs.map((facts) => (facts === undefined ? undefined : this.trimmed(facts, constant || facts.constant)));
  }

  /** Facts without values that the model's budget no longer covers. */
  private affordable(facts: ValueFacts): ValueFacts {
    return facts.values !== null && facts.values.length > tinyElements && this.folded > maxFoldedTotal ? { ...facts, values: null } : facts;
  }

  private trimmed(facts: ValueFacts, constant: boolean): ValueFacts {
    const values = facts.values !== null && facts.values.length > maxFoldedElements ? null : facts.values;
    this.folded += values?.length ?? 0;
    const shape = facts.shape !== null && facts.shape.length > maxRank ? null : facts.shape;
    return { ...facts, shape, values: shape === null ? null : values, constant };
  }

  private outputs(context: InferContext, depth: number): readonly (ValueFacts | undefined)[] {
    const { node } = context;
    try {
      const called = this.model.functions.get(functionKey(node.domain, node.op, node.overload));
      if (called !== undefined) return this.call(called, context, depth);
      const rule = ruleFor(node);
      if (rule !== undefined) return rule(context);
      const name = node.domain === '' ? node.op : `${node.domain}.${node.op}`;
      this.report(
        node,
        'unknown-operator',
        `Operator ${quoteName(name)} is not known here; the shapes after node ${quoteName(labelOf(node))} may be unknown, and totals may be incomplete.`,
      );
    } catch (error) {
      if (!(error instanceof InferenceProblem)) throw error;
      this.report(
        node,
        'shape-conflict',
        `Node ${quoteName(labelOf(node))} (${node.op}): ${error.message}; its output shape is unknown. Check the model, or the dimensions given.`,
      );
    }
    return [];
  }

  private body(
    graph: Graph,
    given: readonly (ValueFacts | undefined)[],
    runs: number | null,
    scopes: readonly Scope[],
    depth: number,
  ): readonly ValueFacts[] {
    const scope: Scope = new Map();
    graph.inputs.forEach((input, i) => {
      const facts = given[i];
      scope.set(input.name, facts === undefined ? this.declared(input) : this.settle(facts, input));
    });
    if (depth <= maxDepth) this.graph(graph, scope, scopes, depth + 1);
    this.bodies.set(graph, { values: scope, runs });
    return graph.outputs.map((o) => lookUp([scope, ...scopes], o.name) ?? unknownFacts);
  }

  /** A function sees only its arguments; its attributes are those of the call. */
  private call(called: GraphFunction, context: InferContext, depth: number): readonly ValueFacts[] {
    const scope: Scope = new Map();
    called.inputs.forEach((name, i) => {
      const facts = context.input(i);
      if (facts !== undefined) scope.set(name, facts);
    });
    const given = new Map<string, Attribute>([...called.defaults, ...context.node.attributes]);
    const body = { ...called.graph, nodes: called.graph.nodes.map((n) => withGivenAttributes(n, given)) };
    this.graph(body, scope, [], depth + 1);
    return called.outputs.map((name) => scope.get(name) ?? unknownFacts);
  }

  /** One finding per operator and code: a model may use an unknown operator a thousand times. */
  private report(node: GraphNode, code: string, message: string): void {
    const key = code === 'unknown-operator' ? `${code} ${node.domain}:${node.op}` : code;
    const n = (this.reported.get(key) ?? 0) + 1;
    this.reported.set(key, n);
    if (n <= (code === 'unknown-operator' ? 1 : 20))
      this.diagnostics.push({ severity: 'warning', code, message, where: { node: labelOf(node) } });
  }
}

function labelOf(node: GraphNode): string {
  return node.name || node.outputs[0] || node.op;
}

function lookUp(scopes: readonly Scope[], name: string): ValueFacts | undefined {
  for (const scope of scopes) {
    const facts = scope.get(name);
    if (facts !== undefined) return facts;
  }
  return undefined;
}

/** Operators whose result differs between calls even with constant inputs. */
const random = /^(Random|Multinomial|Bernoulli)/;

function isConstantNode(node: GraphNode, inputs: readonly (ValueFacts | undefined)[], scopes: readonly Scope[]): boolean {
  if (random.test(node.op)) return false;
  return inputs.every((f) => f === undefined || f.constant) && node.captured.every((name) => lookUp(scopes, name)?.constant !== false);
}

function withGivenAttributes(node: GraphNode, given: ReadonlyMap<string, Attribute>): GraphNode {
  if (![...node.attributes.values()].some((a) => a.kind === 'reference')) return node;
  const attributes = new Map<string, Attribute>();
  for (const [name, a] of node.attributes) {
    const value = a.kind === 'reference' ? given.get(a.value) : a;
    if (value !== undefined) attributes.set(name, value);
  }
  return { ...node, attributes };
}
