import type { Block } from './blocks.ts';
import type { GraphNode, ModelGraph } from './graph.ts';
import type { Layer } from './layer.ts';
import { indexGraph, type GraphIndex } from './weight-trace.ts';

/** A value at which zeros can be made: it enters one or more layers that multiply it with stored weights. */
export interface SparsitySite {
  /** Name of the value. */
  readonly id: string;
  /** The layers that read it, in graph order; at least one. */
  readonly layers: readonly Layer[];
  /** Size of `axis`. */
  readonly channels: number;
  /** -1: the last dimension (dense layers); 1: the channels of a convolution's input. */
  readonly axis: number;
  /** Multiply-adds of `layers` together: per token, or per row. */
  readonly macs: number;
  /** Number of the block that holds its layers, and what they are there: "att.key", "qkv", "gate+up"; null outside of blocks. */
  readonly block: number | null;
  readonly role: string | null;
  /** True where the value is a rectifier's result (relu, relu squared): zeros by itself. */
  readonly rectified: boolean;
  /** False where a constant cannot be taken from the values and given to the bias instead: behind the padding of a convolution. */
  readonly centres: boolean;
}

/** What was looked for and found. */
export interface FoundSites {
  /** In graph order of their first readers. */
  readonly sites: readonly SparsitySite[];
  /** Layers without a site, with the reason as the end of "left as it is: …". */
  readonly left: readonly { readonly layer: string; readonly reason: string }[];
}

/** Nodes followed back from a value. */
const maxFollowed = 16;

/** Operators that hand values on with zeros staying zeros. */
const carriers: ReadonlySet<string> = new Set([
  'Identity',
  'Dropout',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Transpose',
  'Cast',
  'MaxPool',
]);

/** Element-wise operators with constants, as they prepare a model's input. */
const scalers: ReadonlySet<string> = new Set(['Sub', 'Div', 'Mul', 'Add']);

/**
 * The values that may be made sparse. One site per value: layers that read the same one share it. Left are layers that read the model's
 * input, the head of a language model (layers behind its last block), and layers that are no stored float32 matrix or convolution.
 * `layers` comes from findLayers, `blocks` from findBlocks of the same graph. O(nodes + layers).
 */
export function findSites(graph: ModelGraph, layers: readonly Layer[], blocks: readonly Block[]): FoundSites {
  const index = indexGraph(graph);
  const blockOf = new Map(blocks.flatMap((block) => block.layers.map((id) => [id, block] as const)));
  const heads = headLayers(layers, blocks, blockOf);
  const left: { layer: string; reason: string }[] = [];
  const readers = new Map<string, Layer[]>();
  for (const layer of layers) {
    const reason = heads.has(layer.id) ? 'it is the head, which gives the scores' : whyLeft(layer, graph, index);
    if (reason !== null) {
      left.push({ layer: layer.id, reason });
      continue;
    }
    // A value that enters dense layers and convolutions alike has another axis in each.
    const key = JSON.stringify([layer.input, axisOf(layer)]);
    const list = readers.get(key);
    if (list === undefined) readers.set(key, [layer]);
    else list.push(layer);
  }
  const sites = new Map<string, SparsitySite>();
  for (const found of readers.values()) {
    const [first] = found;
    if (first === undefined) continue;
    if (sites.has(first.input)) {
      for (const { id } of found) left.push({ layer: id, reason: 'its input enters layers of another kind too' });
      continue;
    }
    const block = blockOf.get(first.id);
    sites.set(first.input, {
      id: first.input,
      layers: found,
      channels: channelsOf(first),
      axis: axisOf(first),
      macs: found.reduce((sum, { macs }) => sum + (macs ?? 0), 0),
      block: block?.index ?? null,
      role: roleOf(found, block),
      rectified: isRectified(first.input, index),
      centres: found.every(mayCentre),
    });
  }
  return { sites: [...sites.values()], left };
}

/** The roles of layers that read one value, as one word: single letters run together. */
function roleOf(layers: readonly Layer[], block: Block | undefined): string | null {
  const roles = [...new Set(layers.map(({ id }) => block?.roles.get(id)))].filter((role) => role !== undefined);
  if (roles.length === 0) return null;
  return roles.join(roles.every((role) => role.length === 1) ? '' : '+');
}

/** The layers behind the last block of a language model. */
function headLayers(layers: readonly Layer[], blocks: readonly Block[], blockOf: ReadonlyMap<string, Block>): ReadonlySet<string> {
  if (!blocks.some(({ kind }) => kind !== 'repeated')) return new Set();
  const last = layers.findLastIndex(({ id }) => blockOf.has(id));
  return new Set(layers.slice(last + 1).map(({ id }) => id));
}

function whyLeft(layer: Layer, graph: ModelGraph, index: GraphIndex): string | null {
  if (layer.linear === null) return layer.notSolvable ?? `a ${layer.op} is no product with stored weights`;
  if (layer.weightBits !== 32) return `its weights have ${layer.weightBits} bits; thresholds are made for float32`;
  if (layer.macs === null) return 'its size is not known';
  if (readsInput(layer.input, graph, index)) return 'it reads the input of the model';
  return null;
}

/** True when a value is an input of the model, at most reshaped, cast, moved and scaled. */
function readsInput(value: string, graph: ModelGraph, index: GraphIndex): boolean {
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  let at = value;
  for (let count = 0; count < maxFollowed; count++) {
    if (inputs.has(at)) return true;
    const node = index.producers.get(at);
    if (node === undefined || node.domain !== '') return false;
    if (scalers.has(node.op)) {
      const open = node.inputs.filter((name) => !graph.initializers.has(name) && index.producers.get(name)?.op !== 'Constant');
      if (open.length !== 1) return false;
      at = open[0] ?? '';
    } else if (carriers.has(node.op)) at = node.inputs[0] ?? '';
    else return false;
  }
  return false;
}

/** True when a value is zero wherever a rectifier made a zero. */
function isRectified(value: string, index: GraphIndex): boolean {
  let at = value;
  for (let count = 0; count < maxFollowed; count++) {
    const node = index.producers.get(at);
    if (node === undefined || node.domain !== '') return false;
    if (node.op === 'Relu') return true;
    const next = carriers.has(node.op) || node.op === 'Pow' ? node.inputs[0] : square(node);
    if (next === undefined) return false;
    at = next;
  }
  return false;
}

/** What a node multiplies with itself. */
function square({ op, inputs }: GraphNode): string | undefined {
  return op === 'Mul' && inputs[0] === inputs[1] ? inputs[0] : undefined;
}

function axisOf({ linear }: Layer): number {
  return linear?.patches == null ? -1 : 1;
}

function channelsOf({ linear }: Layer): number {
  if (linear === null) return 0;
  if (linear.patches === null) return linear.inputs;
  return (linear.inputs / linear.patches.kernel.reduce((a, b) => a * b, 1)) * linear.groups;
}

function mayCentre({ linear }: Layer): boolean {
  const padding = linear?.patches?.padding;
  if (padding === undefined) return true;
  return typeof padding === 'object' && [...padding.before, ...padding.after].every((zeros) => zeros === 0);
}
