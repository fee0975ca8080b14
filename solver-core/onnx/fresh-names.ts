import type { GraphProto } from './gen/onnx_pb.ts';

/**
 * Gives names that neither a value nor a node of the graph uses, bodies of its nodes included: "prefix_hint", with a number where that
 * is taken. Every call gives another name.
 */
export function freshNames(graph: GraphProto, prefix: string): (hint: string) => string {
  const taken = new Set<string>();
  collect(graph, taken);
  return (hint) => {
    let name = `${prefix}_${hint}`;
    for (let n = 2; taken.has(name); n++) name = `${prefix}_${hint}_${n}`;
    taken.add(name);
    return name;
  };
}

function collect(graph: GraphProto, into: Set<string>): void {
  for (const { name } of [...graph.input, ...graph.output, ...graph.valueInfo, ...graph.initializer]) into.add(name ?? '');
  for (const tensor of graph.sparseInitializer) into.add(tensor.values?.name ?? '');
  for (const node of graph.node) {
    into.add(node.name ?? '');
    for (const name of [...node.input, ...node.output]) into.add(name);
    for (const { g, graphs } of node.attribute) for (const body of g === undefined ? graphs : [g, ...graphs]) collect(body, into);
  }
}
