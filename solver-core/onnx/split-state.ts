import { create } from '@bufbuild/protobuf';
import { assert } from '../model/error.ts';
import { freshNames } from './fresh-names.ts';
import {
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './gen/onnx_pb.ts';
import { readBy } from './upstream.ts';

/** A state output that stacks the layers' pieces along its first dimension, cut in two. */
export interface Stack {
  readonly input: string;
  /** The input as the whole model declares it. */
  readonly declared: ValueInfoProto;
  readonly output: string;
  readonly node: NodeProto;
  /** Pieces of the lower part, which come first, and of the upper one. Each is one row of the stack. */
  readonly lower: readonly string[];
  readonly upper: readonly string[];
}

/** State inputs by output: named for one another ("state" and "new_state"), or of equal declared shape and type in order. */
export function pairStates(graph: GraphProto): ReadonlyMap<string, string> {
  const stored = new Set(graph.initializer.map(({ name }) => name ?? ''));
  const inputs = graph.input.filter(({ name }) => !stored.has(name ?? ''));
  const pairs = new Map<string, string>();
  // A model that reads one value keeps no state: an output of equal shape is a result.
  if (inputs.length < 2) return pairs;
  const free = new Set(inputs.map(({ name }) => name ?? ''));
  const pair = (input: string, output: string): void => {
    free.delete(input);
    pairs.set(output, input);
  };
  for (const { name: output = '' } of graph.output) {
    const found = [...free].find((input) => areNamedAlike(input, output));
    if (found !== undefined) pair(found, output);
  }
  // The first of each is what the model reads and answers.
  for (const output of graph.output.slice(1).filter(({ name }) => !pairs.has(name ?? ''))) {
    const found = inputs
      .slice(1)
      .find((input) => free.has(input.name ?? '') && typeKey(input) !== '' && typeKey(input) === typeKey(output));
    if (found !== undefined) pair(found.name ?? '', output.name ?? '');
  }
  return pairs;
}

function areNamedAlike(input: string, output: string): boolean {
  const bare = output.replace(/^(new|next|out|present|updated)[._]|[._](out|new|next)$/, '');
  return output !== bare && (input === bare || input.replace(/^(past|old|in)[._]|[._](in|old)$/, '') === bare);
}

/** Declared type as text; empty where there is none. A state has at least two dimensions. */
function typeKey({ type }: ValueInfoProto): string {
  if (type?.value.case !== 'tensorType') return '';
  const { elemType, shape } = type.value.value;
  if (shape === undefined || shape.dim.length < 2) return '';
  return JSON.stringify([elemType, shape.dim.map(({ value }) => String(value.value ?? '?'))]);
}

/**
 * The stack behind a state output, when its first pieces do not depend on the cut and the others do: a Concat of rows along dimension 0.
 * Null for every other output.
 */
export function stackOf(
  graph: GraphProto,
  node: NodeProto | undefined,
  input: string | undefined,
  isAfter: (piece: string) => boolean,
): Stack | null {
  const output = node?.output[0];
  if (node === undefined || output === undefined || input === undefined || node.opType !== 'Concat') return null;
  if (Number(node.attribute.find(({ name }) => name === 'axis')?.i ?? 0n) !== 0) return null;
  const pieces = node.input;
  const declared = graph.input.find(({ name }) => name === input);
  const rows = firstDimension(declared);
  const at = pieces.findIndex(isAfter);
  if (declared === undefined || rows !== pieces.length || at <= 0 || !pieces.slice(at).every(isAfter)) return null;
  return { input, declared, output, node, lower: pieces.slice(0, at), upper: pieces.slice(at) };
}

function firstDimension(value: ValueInfoProto | undefined): number | null {
  const dim = value?.type?.value.case === 'tensorType' ? value.type.value.value.shape?.dim[0] : undefined;
  return dim?.value.case === 'dimValue' ? Number(dim.value.value) : null;
}

/** The graph of one part with its share of the stacks: pieces of the other part are not stacked, and rows are counted from its own first one. */
export function cutStack(graph: GraphProto, stacks: readonly Stack[], part: 'lower' | 'upper'): GraphProto {
  return stacks.reduce((cut, stack) => {
    const plan = rowReaders(cut, stack, part);
    return plan === null ? withPassedRows(cut, stack, part) : withOwnRows(cut, stack, part, plan);
  }, graph);
}

/** The nodes that read single rows of the state, with the row; null when it is read in another way. */
function rowReaders(graph: GraphProto, stack: Stack, part: 'lower' | 'upper'): ReadonlyMap<NodeProto, number> | null {
  const first = part === 'lower' ? 0 : stack.lower.length;
  const count = stack[part].length;
  const readers = new Map<NodeProto, number>();
  for (const node of graph.node) {
    if (!readBy(node).has(stack.input)) continue;
    const isGather = node.opType === 'Gather' && node.input[0] === stack.input && node.input[1] !== stack.input;
    const axis = Number(node.attribute.find(({ name }) => name === 'axis')?.i ?? 0n);
    const row = isGather && axis === 0 ? scalarOf(graph, node.input[1] ?? '') : null;
    if (row === null || row < first || row >= first + count) return null;
    readers.set(node, row - first);
  }
  return readers;
}

/** A stored whole number; null for anything else. */
function scalarOf(graph: GraphProto, name: string): number | null {
  const tensor =
    graph.initializer.find((t) => t.name === name) ??
    graph.node.find((n) => n.opType === 'Constant' && n.output[0] === name)?.attribute.find((a) => a.name === 'value')?.t;
  if (tensor === undefined || tensor.dims.length > 0 || tensor.dataType !== TensorProto_DataType.INT64) return null;
  const { rawData, int64Data } = tensor;
  if (int64Data.length === 1) return Number(int64Data[0]);
  if (rawData?.length !== 8) return null;
  return Number(new DataView(rawData.buffer, rawData.byteOffset, 8).getBigInt64(0, true));
}

function withOwnRows(graph: GraphProto, stack: Stack, part: 'lower' | 'upper', readers: ReadonlyMap<NodeProto, number>): GraphProto {
  const fresh = freshNames(graph, 'tierwise');
  const indices = new Map<number, TensorProto>();
  const indexOf = (row: number): string => {
    const tensor = indices.get(row) ?? integers(fresh(`row_${row}`), [row], []);
    indices.set(row, tensor);
    return tensor.name ?? '';
  };
  const node = graph.node.map((n) => {
    const row = readers.get(n);
    return row === undefined ? n : { ...n, input: [stack.input, indexOf(row)] };
  });
  const rows = stack[part].length;
  return {
    ...graph,
    node: [...node, { ...stack.node, input: [...stack[part]] }],
    initializer: [...graph.initializer, ...indices.values()],
    input: graph.input.map((value) => withRows(value, stack.input, rows)),
    output: graph.output.map((value) => withRows(value, stack.output, rows)),
  };
}

/** The whole stack in and out: rows of the other part are handed on as they came. */
function withPassedRows(graph: GraphProto, stack: Stack, part: 'lower' | 'upper'): GraphProto {
  const fresh = freshNames(graph, 'tierwise');
  const [split, rows] = [stack.lower.length, stack.lower.length + stack.upper.length];
  const [from, to] = part === 'lower' ? [split, rows] : [0, split];
  const names = { starts: fresh('starts'), ends: fresh('ends'), axes: fresh('axes'), rows: fresh('other_rows') };
  const slice = create(NodeProtoSchema, {
    opType: 'Slice',
    name: fresh('Slice_state'),
    input: [stack.input, names.starts, names.ends, names.axes],
    output: [names.rows],
  });
  const pieces = part === 'lower' ? [...stack.lower, names.rows] : [names.rows, ...stack.upper];
  return {
    ...graph,
    node: [...graph.node, slice, { ...stack.node, input: pieces }],
    initializer: [
      ...graph.initializer,
      integers(names.starts, [from], [1]),
      integers(names.ends, [to], [1]),
      integers(names.axes, [0], [1]),
    ],
    input: graph.input.some(({ name }) => name === stack.input) ? graph.input : [...graph.input, stack.declared],
  };
}

function integers(name: string, values: readonly number[], dims: readonly number[]): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: TensorProto_DataType.INT64,
    int64Data: values.map(BigInt),
  });
}

function withRows(value: ValueInfoProto, name: string, rows: number): ValueInfoProto {
  if (value.name !== name || value.type?.value.case !== 'tensorType') return value;
  const { shape } = value.type.value.value;
  assert(shape !== undefined && shape.dim.length > 0, 'a stack has dimensions');
  const [first, ...others] = shape.dim;
  assert(first !== undefined, 'a stack has a first dimension');
  const dim = [{ ...first, value: { case: 'dimValue' as const, value: BigInt(rows) } }, ...others];
  return {
    ...value,
    type: { ...value.type, value: { case: 'tensorType', value: { ...value.type.value.value, shape: { ...shape, dim } } } },
  };
}
