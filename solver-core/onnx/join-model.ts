import { create } from '@bufbuild/protobuf';
import { assert } from '../model/error.ts';
import { freshNames } from './fresh-names.ts';
import { NodeProtoSchema, ValueInfoProtoSchema, type GraphProto, type NodeProto } from './gen/onnx_pb.ts';
import type { OnnxModel } from './model.ts';
import { readBy } from './upstream.ts';
import { graphOf, rebuilt } from './write.ts';

/** A model with another one's nodes behind one of its values. */
export interface JoinedModel {
  readonly model: OnnxModel;
  /** Name that the second model's value has now. */
  readonly value: string;
}

/** The model with these inputs alone, for inputs that nothing reads: a runtime asks for every one that is declared. */
export function keepInputs(model: OnnxModel, names: readonly string[]): OnnxModel {
  const graph = graphOf(model);
  return rebuilt(model, { ...graph, input: graph.input.filter(({ name }) => names.includes(name ?? '')) });
}

/**
 * The first model with the nodes of the second behind it: the second's input `input` is the first's value `at`; its value `output` becomes
 * an output of the whole. Everything of the second gets a name that the first does not use; inputs of equal name are one. Both models were
 * cut from one file: operator sets and functions are those of the first.
 */
export function joinModels(
  first: OnnxModel,
  at: string,
  second: OnnxModel,
  ends: { readonly input: string; readonly output: string },
): JoinedModel {
  const [base, added] = [graphOf(first), graphOf(second)];
  const fresh = freshNames(base, 'tierwise_exit');
  const inputs = new Set(base.input.map(({ name }) => name ?? ''));
  const names = new Map<string, string>([
    ['', ''],
    [ends.input, at],
  ]);
  for (const { name = '' } of added.input) if (name !== ends.input) names.set(name, name);
  const renamed = (name: string): string => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const given = fresh(name.replace(/[^A-Za-z0-9]+/g, '_').slice(0, 60));
    names.set(name, given);
    return given;
  };
  // Bodies of nodes read outer names that a renaming here would not reach.
  for (const node of added.node)
    assert(
      [...readBy(node)].every((name) => node.input.includes(name)),
      'a tail without bodies',
    );
  const node: NodeProto[] = added.node.map((n) => create(NodeProtoSchema, { ...n, name: '' }));
  const graph: GraphProto = {
    ...base,
    initializer: [...base.initializer, ...added.initializer.map((tensor) => ({ ...tensor, name: renamed(tensor.name ?? '') }))],
    node: [...base.node, ...node.map((n) => ({ ...n, input: n.input.map(renamed), output: n.output.map(renamed) }))],
    input: [...base.input, ...added.input.filter(({ name = '' }) => name !== ends.input && !inputs.has(name))],
  };
  const value = renamed(ends.output);
  const output = [
    ...graph.output,
    ...(graph.output.some(({ name }) => name === value) ? [] : [create(ValueInfoProtoSchema, { name: value })]),
  ];
  return { model: rebuilt(first, { ...graph, output }), value };
}
