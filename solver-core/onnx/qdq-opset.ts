import type { Diagnostic } from '../model/diagnostic.ts';
import { intAttribute, type Graph, type GraphNode, type ModelGraph } from '../model/graph.ts';
import { quoteName } from '../model/quote.ts';
import type { Shape } from '../model/tensor.ts';

/** Operator set in which DequantizeLinear got one scale per output. */
export const perAxisOpset = 13;

/** Operator set in which the quantising operators got INT4. */
export const int4Opset = 21;

/** Older ones have other rules of broadcasting, and runtimes no longer promise them. */
const oldestOpset = 7;

/** Shape of a value of the graph, null when unknown. */
export type ShapeLookup = (name: string) => Shape;

/** Why a node would mean something else in operator set 13, as the end of "it …"; undefined when it means the same. */
type Change = (node: GraphNode, shapeOf: ShapeLookup) => string | undefined;

const always =
  (what: string): Change =>
  () =>
    what;

/** Attributes that a later version takes as inputs, or not at all. */
const moved =
  (...names: readonly string[]): Change =>
  (node) => {
    const found = names.find((name) => node.attributes.has(name));
    return found === undefined ? undefined : `gives ${found} as an attribute, which later versions do not have`;
  };

/**
 * Softmax and its kin worked on all dimensions from `axis` (default 1) on as one, and work on the one dimension `axis` (default the last)
 * since version 13: the same only for the last dimension.
 */
const flattened: Change = (node, shapeOf) => {
  const rank = shapeOf(node.inputs[0] ?? '')?.length;
  const axis = intAttribute(node, 'axis', 1);
  if (axis === -1 || (rank !== undefined && axis === rank - 1)) return undefined;
  return `works on the dimensions from ${axis} on as one, which later versions do not`;
};

/**
 * Standard operators whose meaning changed between operator sets 7 and 13, with the version that changed it. All others kept inputs,
 * attributes and defaults, or only gained some (ONNX operator changelog, onnx.defs of release 1.23 gone through by program).
 */
const changes: Readonly<Record<string, { readonly version: number; readonly why: Change }>> = {
  BatchNormalization: { version: 9, why: moved('spatial') },
  Clip: { version: 11, why: moved('min', 'max') },
  Dropout: { version: 12, why: moved('ratio') },
  Hardmax: { version: 13, why: flattened },
  LogSoftmax: { version: 13, why: flattened },
  Pad: { version: 11, why: moved('pads', 'value') },
  ReduceSum: { version: 13, why: moved('axes') },
  Resize: { version: 11, why: always('places its samples otherwise in later versions') },
  Scan: { version: 9, why: always('takes other inputs in later versions') },
  Scatter: { version: 11, why: always('was withdrawn') },
  Slice: { version: 10, why: moved('starts', 'ends', 'axes') },
  Softmax: { version: 13, why: flattened },
  Split: { version: 13, why: moved('split') },
  Squeeze: { version: 13, why: moved('axes') },
  TopK: { version: 10, why: moved('k') },
  Unsqueeze: { version: 13, why: moved('axes') },
  Upsample: { version: 10, why: always('was withdrawn') },
};

/**
 * What stands against operator set 13 for this model: one finding per node that would mean something else there (at most ten), none when
 * the model has that version already. Bodies of nodes count; model-local functions name their own version. Code `opset-not-raised`.
 */
export function perAxisFindings(graph: ModelGraph, shapeOf: ShapeLookup): readonly Diagnostic[] {
  const from = graph.opsets.get('') ?? 0;
  if (from >= perAxisOpset) return [];
  const say = (message: string, where: Diagnostic['where']): Diagnostic => ({
    severity: 'error',
    code: 'opset-not-raised',
    message,
    where,
  });
  const need = `one scale per output needs operator set ${perAxisOpset}`;
  if (from < oldestOpset) {
    return [
      say(`the model uses operator set ${from}, and ${need}. Export the model again with operator set ${perAxisOpset} or later.`, {}),
    ];
  }
  const found: Diagnostic[] = [];
  for (const node of allNodes(graph)) {
    if (node.domain !== '' || !Object.hasOwn(changes, node.op)) continue;
    const change = changes[node.op];
    const why = change !== undefined && change.version > from ? change.why(node, shapeOf) : undefined;
    if (why === undefined) continue;
    const name = node.name || node.outputs[0] || node.op;
    const message = `${node.op} ${quoteName(name)} of operator set ${from} ${why}, and ${need}. Export the model again with operator set ${perAxisOpset} or later.`;
    found.push(say(message, { node: name }));
    if (found.length === 10) break;
  }
  return found;
}

function* allNodes(graph: Graph): Generator<GraphNode> {
  for (const node of graph.nodes) {
    yield node;
    for (const attribute of node.attributes.values()) {
      if (attribute.kind === 'graph') yield* allNodes(attribute.value);
      else if (attribute.kind === 'graphs') for (const body of attribute.value) yield* allNodes(body);
    }
  }
}
