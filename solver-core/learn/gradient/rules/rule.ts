import type { GraphNode } from '../../../model/graph.ts';
import type { GraphBuilder, Value } from '../builder.ts';

/** What a rule sees of the node it differentiates. */
export interface RuleContext {
  readonly builder: GraphBuilder;
  readonly node: GraphNode;
  /** Version of the ONNX operator set of the user's model. */
  readonly opset: number;
  /** Rows of the batch that the graph is built for. */
  readonly batch: number;
  /** Operand by position; undefined when the node does not give it. Stored tensors, parameters and computed values alike. */
  input(index: number): Value | undefined;
  /** An operand that must be there; refuses the node when it is not. */
  operand(index: number): Value;
  /** Integers of an operand that does not depend on the data; undefined when not given, refuses the node when not known. */
  integers(index: number): readonly number[] | undefined;
  /** Values of a frozen float operand; undefined when it is trained, computed or not given. */
  frozen(index: number): Float32Array | undefined;
  /** True when the gradient of this operand is wanted: it depends on a parameter. */
  wants(index: number): boolean;
}

/** What a rule gives back: the node's first output, and how a gradient of it goes on to the operands. */
export interface Differentiated {
  readonly output: Value;
  /** Gradients by operand position, for the wanted ones; each has the shape of its operand. */
  backward(gradient: Value): ReadonlyMap<number, Value>;
}

/** Emits the forward nodes of one operator and says how to differentiate them. */
export type Rule = (context: RuleContext) => Differentiated;

export type RuleTable = Readonly<Record<string, Rule>>;

/** A node that a rule cannot differentiate; becomes the diagnostic `op-not-differentiable`. Never leaves the compilation. */
export class NotDifferentiable extends Error {}

/** Refuses the node; `reason` continues "cannot be differentiated: ". */
export function refuse(reason: string): never {
  throw new NotDifferentiable(reason);
}

/** The gradients of the wanted operands alone. */
export function forWanted(context: RuleContext, rules: readonly ((() => Value) | undefined)[]): ReadonlyMap<number, Value> {
  const gradients = new Map<number, Value>();
  rules.forEach((rule, index) => {
    if (rule !== undefined && context.wants(index)) gradients.set(index, rule());
  });
  return gradients;
}

/** Axis in 0..rank-1 from one that may count from the end. */
export function axisOf(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(normal) || normal < 0 || normal >= rank) refuse(`axis ${axis} is outside a value of rank ${rank}`);
  return normal;
}
