import { assert } from '../../model/error.ts';
import type { Attribute, GraphNode } from '../../model/graph.ts';
import { layerMacs } from '../../model/macs.ts';
import { tensorFacts } from '../../model/shape-inference/facts.ts';
import type { BuiltAttribute, BuiltGraph, BuiltNode, BuiltTensor, BuiltValue } from '../../onnx/index.ts';

/** A value of the graph under construction; all of its dimensions are known. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Operator set of the graphs: the newest in which the reductions used here still take what their rules expect. */
export const builtOpset = 17;

/**
 * Builds one graph of float32 values for a fixed batch. Every value gets a name of ours, so names of the user's model never reach the
 * runtime and never collide. Callers give the shape of each result: rules know it.
 */
export interface GraphBuilder {
  input(name: string, shape: readonly number[]): Value;
  /** Emits a node with one output. */
  op(op: string, inputs: readonly Value[], shape: readonly number[], attributes?: Readonly<Record<string, BuiltAttribute>>): Value;
  /** Emits a node with several outputs. */
  emit(
    op: string,
    inputs: readonly Value[],
    shapes: readonly (readonly number[])[],
    attributes?: Readonly<Record<string, BuiltAttribute>>,
  ): readonly Value[];
  /** A stored float32 tensor. */
  floats(data: Float32Array, shape: readonly number[]): Value;
  /** A stored float32 scalar; equal ones are stored once. */
  scalar(value: number): Value;
  /** A stored list of int64; equal ones are stored once. */
  ints(values: readonly number[]): Value;
  /** Multiply-adds of one run of what was emitted, counted as for a user's model (model/macs.ts). */
  macs(): number;
  /** The graph that returns these values under these names. */
  finish(name: string, outputs: ReadonlyMap<string, Value>): BuiltGraph;
}

export function createBuilder(): GraphBuilder {
  const nodes: BuiltNode[] = [];
  const tensors: BuiltTensor[] = [];
  const inputs: BuiltValue[] = [];
  const constants = new Map<string, Value>();
  let count = 0;
  let macs = 0;
  const fresh = (): string => `v${count++}`;

  const store = (data: BuiltTensor['data'], shape: readonly number[]): Value => {
    const name = fresh();
    tensors.push({ name, dims: shape, data });
    return { name, shape };
  };
  const once = (key: string, make: () => Value): Value => {
    const known = constants.get(key);
    if (known !== undefined) return known;
    const made = make();
    constants.set(key, made);
    return made;
  };
  const emit: GraphBuilder['emit'] = (op, from, shapes, attributes = {}) => {
    const outputs = shapes.map((shape) => ({ name: fresh(), shape }));
    nodes.push({ op, inputs: from.map((v) => v.name), outputs: outputs.map((v) => v.name), attributes });
    macs += nodeMacs(op, from, shapes[0] ?? [], attributes);
    return outputs;
  };
  return {
    input(name, shape) {
      inputs.push({ name, type: 'float32', dims: shape });
      return { name, shape };
    },
    emit,
    op(op, from, shape, attributes) {
      const first = emit(op, from, [shape], attributes)[0];
      assert(first !== undefined, 'a node has an output');
      return first;
    },
    floats: store,
    macs: () => macs,
    scalar: (value) => once(`f${value}`, () => store(Float32Array.of(value), [])),
    ints: (values) => once(`i${values.join()}`, () => store({ int64: values }, [values.length])),
    finish: (name, outputs) => {
      const named = [...outputs].map(([as, value]) => {
        nodes.push({ op: 'Identity', inputs: [value.name], outputs: [as] });
        return { name: as, type: 'float32' as const, dims: value.shape };
      });
      return { name, inputs, outputs: named, nodes, tensors, opset: builtOpset };
    },
  };
}

/** Multiply-adds of a node: the rule of the model part, which only looks at shapes and integer attributes. */
function nodeMacs(
  op: string,
  from: readonly Value[],
  shape: readonly number[],
  attributes: Readonly<Record<string, BuiltAttribute>>,
): number {
  const read = Object.entries(attributes).flatMap(([name, value]): [string, Attribute][] =>
    typeof value === 'number' ? [[name, { kind: 'int', value }]] : [],
  );
  const node: GraphNode = {
    index: 0,
    name: '',
    op,
    domain: '',
    overload: '',
    inputs: [],
    outputs: [],
    attributes: new Map(read),
    captured: [],
  };
  return layerMacs(node, { inputs: from.map((v) => tensorFacts('float32', v.shape)), output: tensorFacts('float32', shape) }) ?? 0;
}

/** Product of dimensions. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Same dimensions in the same order. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** The value in another shape with the same elements; itself when the shape is the same. */
export function reshaped(builder: GraphBuilder, value: Value, shape: readonly number[]): Value {
  if (sameShape(value.shape, shape)) return value;
  assert(elementsOf(value.shape) === elementsOf(shape), `[${value.shape.join()}] cannot become [${shape.join()}]`);
  return builder.op('Reshape', [value, builder.ints(shape)], shape);
}

/** Dimensions permuted. */
export function transposed(builder: GraphBuilder, value: Value, perm: readonly number[]): Value {
  return builder.op(
    'Transpose',
    [value],
    perm.map((axis) => value.shape[axis] ?? 1),
    { perm },
  );
}

/**
 * Sums a gradient over the dimensions that broadcasting added or widened, so that it has the shape of the operand again.
 * `shape` must broadcast to the gradient's shape.
 */
export function reducedTo(builder: GraphBuilder, gradient: Value, shape: readonly number[]): Value {
  const added = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((dim, axis) => (axis < added || (shape[axis - added] === 1 && dim !== 1) ? [axis] : []));
  if (axes.length === 0) return reshaped(builder, gradient, shape);
  const kept = gradient.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return reshaped(builder, builder.op('ReduceSum', [gradient, builder.ints(axes)], kept, { keepdims: 1 }), shape);
}

/** NumPy broadcasting of two shapes; undefined when they do not fit. */
export function broadcastShape(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    shape.push(x === 1 ? y : x);
  }
  return shape;
}
