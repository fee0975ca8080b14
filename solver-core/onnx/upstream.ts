import { create } from '@bufbuild/protobuf';
import { assert } from '../model/error.ts';
import { ValueInfoProtoSchema, type NodeProto } from './gen/onnx_pb.ts';
import type { OnnxModel } from './model.ts';
import { graphOf, rebuilt } from './write.ts';

/**
 * The part of a model that computes some inner values: its only outputs, with the nodes and stored tensors they need and no others, and
 * without metadata, documentation and declared inner shapes. Two models that compute the values alike from the same tensors give the
 * same bytes when encoded, however the rest of them differs. `values` are names of the main graph.
 */
export function upstreamModel(model: OnnxModel, values: readonly string[]): OnnxModel {
  const graph = graphOf(model);
  const producers = new Map<string, NodeProto>();
  for (const node of graph.node) for (const name of node.output) if (name !== '') producers.set(name, node);
  const needed = new Set(values);
  const nodes = new Set<NodeProto>();
  // A set is gone through with what is added on the way.
  for (const name of needed) {
    const node = producers.get(name);
    if (node === undefined || nodes.has(node)) continue;
    nodes.add(node);
    for (const read of readBy(node)) if (read !== '') needed.add(read);
  }
  for (const value of values) {
    const isKnown = producers.has(value) || [...graph.input, ...graph.initializer].some(({ name }) => name === value);
    assert(isKnown, `no value named ${value}`);
  }
  const part = rebuilt(model, {
    ...graph,
    name: 'upstream',
    docString: '',
    node: graph.node.filter((node) => nodes.has(node)).map((node) => ({ ...node, docString: '', metadataProps: [] })),
    initializer: graph.initializer.filter(({ name }) => needed.has(name ?? '')),
    sparseInitializer: graph.sparseInitializer.filter(({ values }) => needed.has(values?.name ?? '')),
    // Inputs with a default would have to be given once their default is gone.
    input: graph.input.filter(({ name }) => needed.has(name ?? '') || !graph.initializer.some((tensor) => tensor.name === name)),
    output: values.map((name) => create(ValueInfoProtoSchema, { name })),
    valueInfo: [],
    quantizationAnnotation: [],
    metadataProps: [],
  });
  const { proto } = part;
  return { ...part, proto: { ...proto, metadataProps: [], docString: '', producerName: '', producerVersion: '' } };
}

/** Names a node reads, those its bodies read included. */
export function readBy(node: NodeProto): ReadonlySet<string> {
  const names = new Set(node.input);
  for (const { g, graphs } of node.attribute)
    for (const body of g === undefined ? graphs : [g, ...graphs]) {
      for (const inner of body.node) for (const name of readBy(inner)) names.add(name);
      for (const { name } of body.output) names.add(name ?? '');
    }
  return names;
}
