import type { Checked } from '../../model/diagnostic.ts';
import { assert } from '../../model/error.ts';
import type { GraphNode, ModelGraph } from '../../model/graph.ts';
import { intAttribute } from '../../model/graph.ts';
import { quoteName } from '../../model/quote.ts';
import { inferShapes } from '../../model/shape-inference/infer.ts';
import type { FactsLookup } from '../../model/shape-inference/facts.ts';
import type { BuiltGraph } from '../../onnx/index.ts';
import { createBuilder, reshaped, sameShape, type GraphBuilder, type Value } from './builder.ts';
import { addLoss, type LossKind } from './loss.ts';
import { gradientRule } from './rules/registry.ts';
import { NotDifferentiable, refuse, type Differentiated, type RuleContext } from './rules/rule.ts';
import type { UpperPart } from './upper-part.ts';

/** Values of a stored tensor, as they are frozen into a graph. */
export interface FrozenTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** What a graph is compiled from. */
export interface CompileRequest {
  readonly graph: ModelGraph;
  readonly part: UpperPart;
  /** Stored float tensors of the part that are not trained. */
  readonly frozen: ReadonlyMap<string, FrozenTensor>;
  /** Shapes of the parameters in the order of `part.parameters`; grown heads are wider than in the file. */
  readonly parameterShapes: readonly (readonly number[])[];
  readonly outputs: number;
  /** Rows of the batch: the graph is for exactly so many. */
  readonly batch: number;
  readonly purpose: { readonly kind: 'scores' } | { readonly kind: 'step'; readonly loss: LossKind };
}

/**
 * A graph to run. Inputs: `x` [batch, …input shape], `p0`, `p1`, … parameters, and for a step `target` [batch, outputs].
 * Outputs: `scores`; or `loss` (a scalar) and `g0`, `g1`, … gradients in the shapes of the parameters.
 */
export interface CompiledGraph {
  readonly graph: BuiltGraph;
  /** Multiply-adds of one run. */
  readonly macs: number;
}

/** Forward pass, or forward and hand-derived backward pass. Finding: `op-not-differentiable` naming node and operator. */
export function compileUpperPart(request: CompileRequest): Checked<CompiledGraph> {
  const { part, purpose, outputs, batch } = request;
  const builder = createBuilder();
  const known = new Map<string, Value>();
  known.set(part.input, builder.input('x', [batch, ...part.inputShape]));
  const parameters = part.parameters.map((name, i) => {
    const value = builder.input(`p${i}`, request.parameterShapes[i] ?? []);
    known.set(name, value);
    return value;
  });
  const target = purpose.kind === 'step' ? builder.input('target', [batch, outputs]) : undefined;
  const scoresFrom = purpose.kind === 'step' && purpose.loss === 'cross-entropy' ? beforeSoftmax(part) : part.output;
  const tape: TapeEntry[] = [];
  const scope: Scope = {
    request,
    builder,
    known,
    tracked: new Set(part.parameters),
    facts: inferShapes(request.graph, { fallback: batch }).values,
  };
  for (const node of part.nodes) {
    // A closing softmax belongs to the loss.
    if (scoresFrom !== part.output && node.outputs[0] === part.output) continue;
    try {
      tape.push(forward(node, scope));
    } catch (error) {
      if (!(error instanceof NotDifferentiable)) throw error;
      return { value: undefined, diagnostics: [notDifferentiable(node, error.message)] };
    }
  }
  const scores = known.get(scoresFrom);
  assert(scores !== undefined, 'no node gives the scores');
  if (!sameShape(scores.shape, [batch, outputs])) {
    const shapes = `for ${batch} ${batch === 1 ? 'row' : 'rows'} it gives scores [${scores.shape.join()}], not [${batch},${outputs}]`;
    return { value: undefined, diagnostics: [notDifferentiable(part.nodes.at(-1)!, shapes)] };
  }
  if (purpose.kind === 'scores' || target === undefined)
    return { value: { graph: builder.finish('scores', new Map([['scores', scores]])), macs: builder.macs() }, diagnostics: [] };
  const { loss, gradient } = addLoss(builder, purpose.loss, scores, target);
  const gradients = backward(tape, scope, scoresFrom, gradient);
  const results = new Map([['loss', loss]]);
  part.parameters.forEach((name, i) => {
    const found = gradients.get(name);
    assert(
      found !== undefined && sameShape(found.shape, parameters[i]!.shape),
      `the gradient of parameter ${i} is missing or has another shape`,
    );
    results.set(`g${i}`, found);
  });
  return { value: { graph: builder.finish('step', results), macs: builder.macs() }, diagnostics: [] };
}

interface Scope {
  readonly request: CompileRequest;
  readonly builder: GraphBuilder;
  /** Values of the new graph by name in the user's model. */
  readonly known: Map<string, Value>;
  /** Names that depend on a parameter. */
  readonly tracked: Set<string>;
  readonly facts: FactsLookup;
}

interface TapeEntry {
  readonly node: GraphNode;
  readonly differentiated: Differentiated;
}

function forward(node: GraphNode, scope: Scope): TapeEntry {
  const rule = gradientRule(node);
  if (rule === undefined) return refuse('there is no rule for this operator');
  if (node.outputs.slice(1).some((name) => name !== '' && isRead(name, scope.request.part))) return refuse('its further outputs are used');
  const differentiated = rule(contextOf(node, scope));
  const name = node.outputs[0] ?? '';
  scope.known.set(name, differentiated.output);
  if (node.inputs.some((input) => scope.tracked.has(input))) scope.tracked.add(name);
  return { node, differentiated };
}

function isRead(name: string, part: UpperPart): boolean {
  return name === part.output || part.nodes.some((node) => node.inputs.includes(name) || node.captured.includes(name));
}

function contextOf(node: GraphNode, scope: Scope): RuleContext {
  const { request, builder, facts } = scope;
  const nameAt = (index: number): string => node.inputs[index] ?? '';
  const input = (index: number): Value | undefined => (nameAt(index) === '' ? undefined : valueOf(nameAt(index), scope));
  return {
    builder,
    node,
    opset: request.graph.opsets.get('') ?? 0,
    batch: request.batch,
    input,
    operand: (index) => input(index) ?? refuse(`operand ${index} is not given`),
    integers: (index) =>
      nameAt(index) === '' ? undefined : (facts.get(nameAt(index))?.values ?? refuse(`operand ${index} depends on the data`)),
    frozen: (index) => (scope.tracked.has(nameAt(index)) ? undefined : frozenData(nameAt(index), scope)),
    wants: (index) => scope.tracked.has(nameAt(index)),
  };
}

function frozenData(name: string, { request, facts }: Scope): Float32Array | undefined {
  const values = request.frozen.get(name)?.data ?? facts.get(name)?.values;
  return values == null ? undefined : Float32Array.from(values);
}

/** The value of that name in the new graph; frozen tensors are stored when first read. */
function valueOf(name: string, scope: Scope): Value {
  const ready = scope.known.get(name);
  if (ready !== undefined) return ready;
  const stored = scope.request.frozen.get(name);
  const facts = scope.facts.get(name);
  let value: Value | undefined;
  if (stored !== undefined) value = scope.builder.floats(stored.data, stored.dims);
  else if (facts?.values != null && facts.shape !== null && facts.shape.every((dim) => typeof dim === 'number'))
    value = scope.builder.floats(Float32Array.from(facts.values), facts.shape);
  if (value === undefined) return refuse(`its operand ${quoteName(name)} is not a stored float tensor`);
  scope.known.set(name, value);
  return value;
}

/** Runs the tape backwards. A value that several nodes read gets the sum of their gradients. */
function backward(tape: readonly TapeEntry[], scope: Scope, scores: string, gradient: Value): ReadonlyMap<string, Value> {
  const gradients = new Map<string, Value>([[scores, gradient]]);
  for (const { node, differentiated } of tape.toReversed()) {
    const output = gradients.get(node.outputs[0] ?? '');
    if (output === undefined || !scope.tracked.has(node.outputs[0] ?? '')) continue;
    for (const [index, part] of differentiated.backward(reshaped(scope.builder, output, differentiated.output.shape))) {
      const name = node.inputs[index] ?? '';
      const before = gradients.get(name);
      gradients.set(name, before === undefined ? part : scope.builder.op('Add', [before, part], part.shape));
    }
  }
  return gradients;
}

/** The value that a closing softmax over the scores reads; the output itself without one. */
function beforeSoftmax(part: UpperPart): string {
  const node = part.nodes.find((n) => n.outputs[0] === part.output);
  const isSoftmax = node !== undefined && node.domain === '' && (node.op === 'Softmax' || node.op === 'LogSoftmax');
  const axis = isSoftmax ? intAttribute(node, 'axis', 1) : 0;
  return isSoftmax && (axis === 1 || axis === -1) ? (node.inputs[0] ?? part.output) : part.output;
}

function notDifferentiable(node: GraphNode, reason: string) {
  const label = node.name === '' ? (node.outputs[0] ?? '') : node.name;
  const op = node.domain === '' ? node.op : `${node.domain}.${node.op}`;
  return {
    severity: 'error' as const,
    code: 'op-not-differentiable',
    message:
      `Node ${quoteName(label)} (${quoteName(op)}) of the upper tier cannot be differentiated: ${reason}. ` +
      'Let the tier begin above it, or learn the last layer alone with `learn rls`.',
    where: { node: label },
  };
}
