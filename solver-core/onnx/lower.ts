import {
  functionKey,
  type Attribute,
  type Graph,
  type GraphFunction,
  type GraphNode,
  type ModelGraph,
  type StoredTensor,
  type ValueInfo,
} from '../model/graph.ts';
import { quoteName } from '../model/quote.ts';
import type { Dim, Shape } from '../model/tensor.ts';
import { topologicalOrder } from '../model/topological-order.ts';
import { dtypeOf } from './dtype.ts';
import { Findings } from './findings.ts';
import {
  AttributeProto_AttributeType as AttributeType,
  type AttributeProto,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type SparseTensorProto,
  type TensorShapeProto,
  type TypeProto,
  type ValueInfoProto,
} from './gen/onnx_pb.ts';
import type { ModelLimits } from './limits.ts';
import { lowerTensor, type TensorContext } from './lower-tensor.ts';
import { decodeUtf8 } from './utf8.ts';

/** Byte offsets of the main graph's nodes and initializers, when the model came from a file. */
export interface FileOffsets {
  readonly nodes: readonly number[];
  readonly initializers: readonly number[];
}

/** Turns the decoded messages into a plain graph and reports what is wrong with its structure. Bytes are not copied. */
export function lowerModel(
  proto: ModelProto,
  limits: ModelLimits,
  offsets: FileOffsets,
): { readonly graph: ModelGraph; readonly findings: Findings } {
  const findings = new Findings();
  const lowering = new Lowering({ limits, findings }, offsets);
  const main = lowering.graph(proto.graph, true);
  const functions = new Map<string, GraphFunction>();
  for (const f of proto.functions) functions.set(functionKey(f.domain ?? '', f.name ?? '', f.overload ?? ''), lowering.func(f));
  const opsets = new Map<string, number>();
  for (const entry of proto.opsetImport) {
    const domain = normalDomain(entry.domain);
    opsets.set(domain, Math.max(opsets.get(domain) ?? 0, Number(entry.version ?? 0n)));
  }
  return { graph: { ...main, opsets, functions }, findings };
}

/** 'ai.onnx' is another way to write the default domain. */
function normalDomain(domain: string | undefined): string {
  return domain === undefined || domain === 'ai.onnx' ? '' : domain;
}

class Lowering {
  private readonly context: TensorContext;
  private readonly offsets: FileOffsets;

  constructor(context: TensorContext, offsets: FileOffsets) {
    this.context = context;
    this.offsets = offsets;
  }

  graph(proto: GraphProto | undefined, isMain: boolean): Graph {
    const initializers = new Map<string, StoredTensor>();
    proto?.initializer.forEach((tensor, i) => {
      const name = tensor.name ?? '';
      const offset = isMain ? this.offsets.initializers[i] : undefined;
      if (initializers.has(name)) this.duplicate('initializer', name, offset);
      initializers.set(name, lowerTensor(tensor, name, this.context, offset === undefined ? {} : { byteOffset: offset }));
    });
    for (const sparse of proto?.sparseInitializer ?? []) {
      const tensor = this.sparse(sparse);
      if (initializers.has(tensor.name)) this.duplicate('initializer', tensor.name, undefined);
      initializers.set(tensor.name, tensor);
    }
    const nodes = (proto?.node ?? []).map((node, i) => this.node(node, i));
    const allInputs = (proto?.input ?? []).map(lowerValueInfo);
    const outputs = (proto?.output ?? []).map(lowerValueInfo);
    const valueInfos = new Map((proto?.valueInfo ?? []).map((v) => [v.name ?? '', lowerValueInfo(v)]));
    for (const input of allInputs) if (initializers.has(input.name)) valueInfos.set(input.name, input);
    const { order, cycle } = topologicalOrder(nodes);
    if (cycle.length > 0) this.cycle(nodes, cycle, isMain);
    this.checkNames(nodes, allInputs, initializers, isMain);
    return {
      name: proto?.name ?? '',
      nodes,
      order,
      inputs: allInputs.filter((i) => !initializers.has(i.name)),
      outputs,
      valueInfos,
      initializers,
    };
  }

  func(proto: FunctionProto): GraphFunction {
    const nodes = proto.node.map((node, i) => this.node(node, i));
    const { order, cycle } = topologicalOrder(nodes);
    if (cycle.length > 0) this.cycle(nodes, cycle, false);
    const unknown = (name: string): ValueInfo => ({ name, kind: 'unknown', dtype: 'unknown', shape: null });
    const graph: Graph = {
      name: proto.name ?? '',
      nodes,
      order,
      inputs: proto.input.map(unknown),
      outputs: proto.output.map(unknown),
      valueInfos: new Map(proto.valueInfo.map((v) => [v.name ?? '', lowerValueInfo(v)])),
      initializers: new Map(),
    };
    return {
      graph,
      inputs: proto.input,
      outputs: proto.output,
      defaults: new Map(proto.attributeProto.map((a) => [a.name ?? '', this.attribute(a)])),
    };
  }

  private node(proto: NodeProto, index: number): GraphNode {
    const attributes = new Map<string, Attribute>();
    const subgraphs: Graph[] = [];
    for (const a of proto.attribute) {
      const attribute = this.attribute(a);
      attributes.set(a.name ?? '', attribute);
      if (attribute.kind === 'graph') subgraphs.push(attribute.value);
      else if (attribute.kind === 'graphs') subgraphs.push(...attribute.value);
    }
    return {
      index,
      name: proto.name ?? '',
      op: proto.opType ?? '',
      domain: normalDomain(proto.domain),
      overload: proto.overload ?? '',
      inputs: proto.input,
      outputs: proto.output,
      attributes,
      captured: subgraphs.length === 0 ? [] : capturedNames(subgraphs),
    };
  }

  private attribute(a: AttributeProto): Attribute {
    if (a.refAttrName !== undefined && a.refAttrName !== '') return { kind: 'reference', value: a.refAttrName };
    switch (a.type ?? guessType(a)) {
      case AttributeType.FLOAT:
        return { kind: 'float', value: a.f ?? 0 };
      case AttributeType.INT:
        return { kind: 'int', value: Number(a.i ?? 0n) };
      case AttributeType.STRING:
        return { kind: 'string', value: decodeUtf8(a.s ?? new Uint8Array()) };
      case AttributeType.FLOATS:
        return { kind: 'floats', value: a.floats };
      case AttributeType.INTS:
        return { kind: 'ints', value: a.ints.map(Number) };
      case AttributeType.STRINGS:
        return { kind: 'strings', value: a.strings.map((s) => decodeUtf8(s)) };
      case AttributeType.TENSOR:
        return a.t === undefined ? other : { kind: 'tensor', value: lowerTensor(a.t, a.t.name ?? '', this.context, {}) };
      case AttributeType.SPARSE_TENSOR:
        return a.sparseTensor === undefined ? other : { kind: 'tensor', value: this.sparse(a.sparseTensor) };
      case AttributeType.GRAPH:
        return a.g === undefined ? other : { kind: 'graph', value: this.graph(a.g, false) };
      case AttributeType.GRAPHS:
        return { kind: 'graphs', value: a.graphs.map((g) => this.graph(g, false)) };
      default:
        return other;
    }
  }

  /** A sparse tensor is described by its dense dimensions; its size is that of the stored values and indices. */
  private sparse(proto: SparseTensorProto): StoredTensor {
    const name = proto.values?.name ?? '';
    const parts = [proto.values, proto.indices].map((t) => (t === undefined ? undefined : lowerTensor(t, name, this.context, {})));
    return {
      name,
      dtype: parts[0]?.dtype ?? 'unknown',
      dims: proto.dims.map(Number),
      elements: parts[0]?.elements ?? 0,
      sizeBytes: (parts[0]?.sizeBytes ?? 0) + (parts[1]?.sizeBytes ?? 0),
      storage: parts[0]?.storage ?? 'none',
      values: null,
    };
  }

  private cycle(nodes: readonly GraphNode[], cycle: readonly number[], isMain: boolean): void {
    const labels = cycle.map((i) => nodeLabel(nodes[i]));
    const shown = labels.length > 12 ? [...labels.slice(0, 11), `(${labels.length - 11} more)`] : labels;
    const first = cycle[0] ?? 0;
    const offset = isMain ? this.offsets.nodes[first] : undefined;
    this.context.findings.add(
      'error',
      'graph-cycle',
      `The graph has a cycle: ${[...shown, labels[0]].map((l) => quoteOrPlain(l ?? '')).join(' -> ')}. A model must be free of cycles; use Loop or Scan for recurrence.`,
      { node: labels[0] ?? '', ...(offset === undefined ? {} : { byteOffset: offset }) },
    );
  }

  private checkNames(
    nodes: readonly GraphNode[],
    inputs: readonly ValueInfo[],
    initializers: ReadonlyMap<string, StoredTensor>,
    isMain: boolean,
  ): void {
    const defined = new Set<string>();
    for (const input of inputs) {
      if (defined.has(input.name)) this.duplicate('graph input', input.name, undefined);
      defined.add(input.name);
    }
    for (const name of initializers.keys()) defined.add(name);
    for (const node of nodes) {
      for (const name of node.outputs) {
        if (name === '') continue;
        if (defined.has(name)) this.duplicate('value', name, isMain ? this.offsets.nodes[node.index] : undefined);
        defined.add(name);
      }
    }
  }

  private duplicate(what: string, name: string, byteOffset: number | undefined): void {
    const message = `The ${what} name ${quoteName(name)} is defined more than once; names must be unique. Export the model again.`;
    this.context.findings.add('error', 'duplicate-name', message, { tensor: name, ...(byteOffset === undefined ? {} : { byteOffset }) });
  }
}

const other: Attribute = { kind: 'other', value: null };

/** Files of IR version 1 and some exporters leave the type out. */
function guessType(a: AttributeProto): AttributeType {
  if (a.t !== undefined) return AttributeType.TENSOR;
  if (a.g !== undefined) return AttributeType.GRAPH;
  if (a.ints.length > 0) return AttributeType.INTS;
  if (a.floats.length > 0) return AttributeType.FLOATS;
  if (a.strings.length > 0) return AttributeType.STRINGS;
  if (a.s !== undefined) return AttributeType.STRING;
  if (a.f !== undefined) return AttributeType.FLOAT;
  if (a.i !== undefined) return AttributeType.INT;
  return AttributeType.UNDEFINED;
}

/** How messages name a node: its name, else its first output, else its operator and position. */
export function nodeLabel(node: GraphNode | undefined): string {
  if (node === undefined) return '';
  return node.name || node.outputs.find((o) => o !== '') || `${node.op} #${node.index}`;
}

function quoteOrPlain(label: string): string {
  return label.startsWith('(') ? label : quoteName(label);
}

function capturedNames(subgraphs: readonly Graph[]): string[] {
  const captured = new Set<string>();
  for (const graph of subgraphs) {
    const own = new Set<string>([
      ...graph.inputs.map((i) => i.name),
      ...graph.initializers.keys(),
      ...graph.nodes.flatMap((n) => n.outputs),
    ]);
    const read = [...graph.nodes.flatMap((n) => [...n.inputs, ...n.captured]), ...graph.outputs.map((o) => o.name)];
    for (const name of read) if (name !== '' && !own.has(name)) captured.add(name);
  }
  return [...captured];
}

function lowerValueInfo(proto: ValueInfoProto): ValueInfo {
  return { name: proto.name ?? '', ...lowerType(proto.type) };
}

function lowerType(type: TypeProto | undefined): { kind: ValueInfo['kind']; dtype: ValueInfo['dtype']; shape: Shape } {
  const none = { dtype: 'unknown', shape: null } as const;
  switch (type?.value.case) {
    case 'tensorType':
      return { kind: 'tensor', dtype: dtypeOf(type.value.value.elemType), shape: lowerShape(type.value.value.shape) };
    case 'sparseTensorType':
      return { kind: 'sparse', dtype: dtypeOf(type.value.value.elemType), shape: lowerShape(type.value.value.shape) };
    case 'sequenceType':
      return { kind: 'sequence', ...none };
    case 'mapType':
      return { kind: 'map', ...none };
    case 'optionalType':
      return { kind: 'optional', ...none };
    case 'opaqueType':
      return { kind: 'opaque', ...none };
    case undefined:
      return { kind: 'unknown', ...none };
  }
}

function lowerShape(shape: TensorShapeProto | undefined): Shape {
  if (shape === undefined) return null;
  return shape.dim.map((dim): Dim => {
    switch (dim.value.case) {
      case 'dimValue':
        return dim.value.value >= 0n && dim.value.value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(dim.value.value) : null;
      case 'dimParam':
        return dim.value.value === '' ? null : dim.value.value;
      case undefined:
        return null;
    }
  });
}
