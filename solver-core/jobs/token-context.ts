import { intAttribute, type GraphNode, type ModelGraph } from '../model/graph.ts';

/** Nodes followed back from the indices of one table look-up. */
const maxFollowed = 200;

/**
 * Most tokens of a window: the fixed size of the ids' second dimension, or the rows of the smallest stored table that is read by
 * position (its indices follow from the shape of the ids, not from their values), less a constant that is added to the positions.
 * Null: none is known.
 */
export function contextLimit(graph: ModelGraph, ids: string, tokens: number | string | null | undefined): number | null {
  if (typeof tokens === 'number') return tokens;
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  let limit: number | null = null;
  for (const node of graph.nodes) {
    if (node.op !== 'Gather' || node.domain !== '' || intAttribute(node, 'axis', 0) !== 0) continue;
    const table = graph.initializers.get(node.inputs[0] ?? '');
    const rows = table?.dims[0];
    if (table?.dims.length !== 2 || rows === undefined) continue;
    const indices = node.inputs[1] ?? '';
    if (!followsFromShape(indices, ids, producers)) continue;
    const offset = addedConstant(producers.get(indices), graph, producers);
    limit = Math.min(limit ?? Infinity, Math.max(1, rows - offset));
  }
  return limit;
}

/** Whether a value depends on the sizes of the ids and not on the ids. */
function followsFromShape(name: string, ids: string, producers: ReadonlyMap<string, GraphNode>): boolean {
  const waiting = [name];
  const seen = new Set(waiting);
  let sizes = false;
  for (let count = 0; waiting.length > 0; count++) {
    const at = waiting.pop() ?? '';
    if (at === ids || count > maxFollowed) return false;
    const node = producers.get(at);
    if (node === undefined) continue;
    if (node.op === 'Shape' || node.op === 'Size') {
      sizes = true;
      continue;
    }
    for (const input of node.inputs) {
      if (input === '' || seen.has(input)) continue;
      seen.add(input);
      waiting.push(input);
    }
  }
  return sizes;
}

function addedConstant(node: GraphNode | undefined, graph: ModelGraph, producers: ReadonlyMap<string, GraphNode>): number {
  if (node?.op !== 'Add') return 0;
  for (const input of node.inputs) {
    const constant = producers.get(input)?.attributes.get('value');
    const values = graph.initializers.get(input)?.values ?? (constant?.kind === 'tensor' ? constant.value.values : null);
    if (values?.length === 1) return values[0] ?? 0;
  }
  return 0;
}
