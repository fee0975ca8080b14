import type { Graph, GraphNode, ValueInfo } from './graph.ts';
import type { Layer } from './layer.ts';
import type { GraphIndex } from './weight-trace.ts';

/** A piece of the main path between two values that everything passes through. */
export interface Segment {
  /** The single values that enter and leave. */
  readonly input: string;
  readonly output: string;
  /** Nodes on the main path, in graph order. */
  readonly nodes: readonly GraphNode[];
  /** Layers of these nodes, and of nodes that only lead from here to a recurrent state; in graph order. */
  readonly layers: readonly Layer[];
}

/** Results that say something about a value but do not carry it: shapes, and conditions that masks are made of. */
const besidePath: ReadonlySet<string> = new Set([
  'Shape',
  'Size',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'And',
  'Or',
  'Xor',
  'Not',
  'IsNaN',
  'IsInf',
]);

/** Most inputs and outputs that are tried as the ends of the main path, and nodes looked at for each kind of end. */
const maxInputs = 8;
const maxOutputs = 32;
const maxVisits = 4_000_000;

function triesFor(graph: Graph, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(maxVisits / Math.max(1, graph.nodes.length))));
}

/** Nodes that hand ids on in another shape or type. */
const reshapers: ReadonlySet<string> = new Set(['Cast', 'Reshape', 'Identity', 'Unsqueeze', 'Squeeze', 'Flatten', 'Slice', 'Transpose']);

/** Longest chain of such nodes between ids and the table that they index. */
const maxReshapers = 4;

/** Inputs in the order in which they are likely to be the model's own: indices into stored tables, floats, others. */
export function mainInputs(graph: Graph, index: GraphIndex): readonly string[] {
  const rank = ({ name, dtype }: ValueInfo): number => (isToken(name, graph, index) ? 0 : dtype.startsWith('float') ? 1 : 2);
  const tensors = graph.inputs.filter((value) => value.kind === 'tensor');
  return tensors
    .map((value) => ({ name: value.name, rank: rank(value) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, triesFor(graph, maxInputs))
    .map((entry) => entry.name);
}

function isToken(input: string, graph: Graph, index: GraphIndex): boolean {
  let names = [input];
  for (let step = 0; step <= maxReshapers && names.length > 0; step++) {
    const readers = names.flatMap((name) => (index.consumers.get(name) ?? []).map((node) => ({ name, node })));
    if (readers.some(({ name, node }) => node.op === 'Gather' && node.inputs[1] === name && isStored(node.inputs[0] ?? '', graph, index)))
      return true;
    names = readers.filter(({ node }) => reshapers.has(node.op)).flatMap(({ node }) => node.outputs);
  }
  return false;
}

/** A stored tensor, as it is or made of one in a step (another type, dequantised). */
function isStored(name: string, graph: Graph, index: GraphIndex): boolean {
  const producer = index.producers.get(name);
  return (
    graph.initializers.has(name) || producer?.op === 'Constant' || (producer?.inputs.some((own) => graph.initializers.has(own)) ?? false)
  );
}

/** The output that most layers lead to (the scores; states lead past some layers), the first among equals; null without outputs. */
export function mainOutputOf(graph: Graph, index: GraphIndex, layers: readonly Layer[]): string | null {
  let best: { readonly name: string; readonly layers: number } | null = null;
  for (const { name } of graph.outputs.slice(0, triesFor(graph, maxOutputs))) {
    const nodes = nodesBefore(name, index, null);
    const count = layers.reduce((sum, layer) => sum + (nodes.has(layer.nodeIndex) ? 1 : 0), 0);
    if (best === null || count > best.layers) best = { name, layers: count };
    if (count === layers.length) break;
  }
  return best?.name ?? null;
}

/**
 * The main path from a value to another, cut wherever one single value carries everything. Empty when no path leads there.
 * O(nodes + edges): on a path, every node is either before or behind a cut, so a sweep in any topological order meets all cuts.
 */
export function mainPath(
  graph: Graph,
  index: GraphIndex,
  layers: readonly Layer[],
  ends: { readonly input: string; readonly output: string },
): Segment[] {
  const reached = valuesBehind(graph, ends.input);
  if (!reached.has(ends.output)) return [];
  const onPath = nodesBefore(ends.output, index, reached);
  const pieces = cutPath(graph, onPath, reached, ends);
  const homes = layersByPiece(graph, layers, pieces, reached, onPath, ends.input);
  return pieces.map((piece, i) => ({ ...piece, layers: homes[i] ?? [] }));
}

/** Everything a node reads: its operands and what its bodies take from outside. */
export function operandsOf(node: GraphNode): readonly string[] {
  return node.captured.length === 0 ? node.inputs : [...node.inputs, ...node.captured];
}

/** Values computed from `input`, itself included; shapes and conditions are not. */
function valuesBehind(graph: Graph, input: string): Set<string> {
  const reached = new Set([input]);
  for (const position of graph.order) {
    const node = graph.nodes[position];
    if (node === undefined || besidePath.has(node.op) || !operandsOf(node).some((name) => reached.has(name))) continue;
    for (const name of node.outputs) if (name !== '') reached.add(name);
  }
  return reached;
}

/** Indices of the nodes that lead to `output`; with `within`, along these values only. */
function nodesBefore(output: string, index: GraphIndex, within: ReadonlySet<string> | null): Set<number> {
  const found = new Set<number>();
  const waiting = [output];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const node = index.producers.get(name);
    if (node === undefined || found.has(node.index)) continue;
    found.add(node.index);
    for (const operand of operandsOf(node)) if (operand !== '' && (within === null || within.has(operand))) waiting.push(operand);
  }
  return found;
}

type Piece = Omit<Segment, 'layers'>;

function cutPath(
  graph: Graph,
  onPath: ReadonlySet<number>,
  reached: ReadonlySet<string>,
  ends: { readonly input: string; readonly output: string },
): Piece[] {
  const nodes = graph.order.flatMap((position) => {
    const node = graph.nodes[position];
    return node !== undefined && onPath.has(node.index) ? [node] : [];
  });
  const uses = new Map<string, number>([[ends.output, 1]]);
  for (const node of nodes) for (const name of operandsOf(node)) if (reached.has(name)) uses.set(name, (uses.get(name) ?? 0) + 1);
  const pieces: Piece[] = [];
  let live = 1;
  let from = ends.input;
  let open: GraphNode[] = [];
  for (const node of nodes) {
    open.push(node);
    for (const name of operandsOf(node)) {
      const left = uses.get(name);
      if (left === undefined || !reached.has(name)) continue;
      uses.set(name, left - 1);
      if (left === 1) live--;
    }
    const used = node.outputs.filter((name) => name !== '' && (uses.get(name) ?? 0) > 0);
    live += used.length;
    // Whatever is alive now was made by this node, which leads to the end.
    const [only] = used;
    if (live !== 1 || only === undefined || used.length !== 1) continue;
    pieces.push({ input: from, output: only, nodes: open });
    from = only;
    open = [];
  }
  return pieces;
}

/** The layers of each piece; a layer beside the path (it feeds a state only) belongs where the last thing it reads was made. */
function layersByPiece(
  graph: Graph,
  layers: readonly Layer[],
  pieces: readonly Piece[],
  reached: ReadonlySet<string>,
  onPath: ReadonlySet<number>,
  input: string,
): Layer[][] {
  const pieceOfNode = new Map<number, number>();
  const behind = new Map<string, number>([[input, 0]]);
  pieces.forEach((piece, i) => piece.nodes.forEach((node) => pieceOfNode.set(node.index, i)));
  for (const position of graph.order) {
    const node = graph.nodes[position];
    if (node === undefined || !node.outputs.some((name) => reached.has(name))) continue;
    const own = onPath.has(node.index) ? pieceOfNode.get(node.index) : undefined;
    const at = own ?? operandsOf(node).reduce((last, name) => Math.max(last, behind.get(name) ?? 0), 0);
    if (own === undefined) pieceOfNode.set(node.index, at);
    const end = pieces[at]?.output;
    for (const name of node.outputs) behind.set(name, name === end ? at + 1 : at);
  }
  const homes: Layer[][] = pieces.map(() => []);
  for (const layer of layers) {
    const at = pieceOfNode.get(layer.nodeIndex);
    if (at !== undefined) homes[at]?.push(layer);
  }
  return homes;
}
