import { blockNames } from './blocks-names.ts';
import { mainInputs, mainOutputOf, mainPath, type Segment } from './blocks-path.ts';
import { findRepeats } from './blocks-repeat.ts';
import { blockRoles } from './blocks-roles.ts';
import { sameAsInput, signatures } from './blocks-signature.ts';
import type { ModelGraph } from './graph.ts';
import type { Layer } from './layer.ts';
import { indexGraph } from './weight-trace.ts';

/** A repeated block of a deep model: an RWKV block, a transformer block, a residual unit. */
export interface Block {
  /** From 0 in graph order. */
  readonly index: number;
  /** What the names of its nodes or tensors have in common, such as "layers.0"; else "block 0". Shown, never interpreted. */
  readonly name: string;
  readonly kind: 'rwkv' | 'transformer' | 'repeated';
  /** Layer ids in graph order; at least one. */
  readonly layers: readonly string[];
  /**
   * Layer id -> role, in graph order. 'rwkv': att.key att.value att.receptance att.output ffn.key ffn.receptance ffn.value; 'transformer': q k v (or those that one
   * layer makes together: qkv, kv, qk), out, up (and gate), down, where they are recognised; 'repeated': empty.
   */
  readonly roles: ReadonlyMap<string, string>;
  /** The value of the residual stream that enters: everything the block reads of the main path. */
  readonly input: string;
  /** The value that leaves: everything that later nodes read of the main path passes through it. */
  readonly output: string;
}

/**
 * The repeated blocks of a model in graph order; [] when nothing that branches and holds layers repeats. Found by structure: the path from
 * the model's input (tokens before floats) to its scores is cut where one value carries everything, and equal neighbourhoods between cuts
 * that follow each other are blocks. Recurrent states, masks computed from shapes and stored tensors are not on that path. Biases, casts,
 * thresholds and a projection on a skip connection make no difference. `layers` comes from findLayers of the same graph. O(nodes + edges).
 */
export function findBlocks(graph: ModelGraph, layers: readonly Layer[]): readonly Block[] {
  if (layers.length < 2) return [];
  const index = indexGraph(graph);
  const output = mainOutputOf(graph, index, layers);
  if (output === null) return [];
  for (const input of mainInputs(graph, index)) {
    const segments = mainPath(graph, index, layers, { input, output });
    const blocks = repeatedSegments(segments);
    if (blocks.length < 2) continue;
    const names = blockNames(blocks, graph);
    const position = new Map(layers.map((layer, i) => [layer.id, i]));
    return blocks.map((own, i) => {
      const ids = own.flatMap((segment) => segment.layers.map((layer) => layer.id));
      const order = ids.sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
      const { kind, roles } = blockRoles(own, index);
      return {
        index: i,
        name: names[i] ?? `block ${i}`,
        kind,
        layers: order,
        roles: new Map(order.flatMap((id) => (roles.has(id) ? [[id, roles.get(id) ?? '']] : []))),
        input: own[0]?.input ?? '',
        output: own.at(-1)?.output ?? '',
      };
    });
  }
  return [];
}

/** The segments of each block. */
function repeatedSegments(cut: readonly Segment[]): (readonly Segment[])[] {
  const known = signatures();
  const segments: { segment: Segment; signature: number; readonly branches: boolean }[] = [];
  for (const segment of cut) {
    const signature = known.of(segment);
    const last = segments.at(-1);
    // What hands its input on only (a cast, a bias) belongs to what it follows.
    if (signature === sameAsInput && last !== undefined) last.segment = join(last.segment, segment);
    else segments.push({ segment, signature, branches: segment.nodes.length > 1 && segment.layers.length > 0 });
  }
  const items = segments.map(({ segment, signature, branches }) => ({ signature, layers: segment.layers.length, branches }));
  return findRepeats(items).map((span) => segments.slice(span.start, span.end).map((entry) => entry.segment));
}

function join(a: Segment, b: Segment): Segment {
  return { input: a.input, output: b.output, nodes: [...a.nodes, ...b.nodes], layers: [...a.layers, ...b.layers] };
}
