import { operandsOf, type Segment } from './blocks-path.ts';
import type { GraphNode } from './graph.ts';
import type { Layer } from './layer.ts';
import type { GraphIndex } from './weight-trace.ts';

/** Walks between the layers of one segment. */
export interface SegmentWalk {
  readonly nodes: readonly GraphNode[];
  readonly layers: readonly Layer[];
  /** Values of the segment that carry the path: its input and what its nodes make. */
  readonly carries: (name: string) => boolean;
  readonly layerOf: (node: GraphNode) => Layer | undefined;
  /** The layers that make a value, found backwards through everything else. */
  readonly madeBy: (value: string) => ReadonlySet<Layer>;
  /** Nodes passed from a value on, up to the next layers; and these layers. */
  readonly onward: (value: string) => { readonly passed: readonly GraphNode[]; readonly into: ReadonlySet<Layer> };
}

/** Prepares the walks of a segment. Each walk is O(nodes of the segment). */
export function walkSegment(segment: Segment, index: GraphIndex): SegmentWalk {
  const own = new Set(segment.nodes);
  const carried = new Set([segment.input, ...segment.nodes.flatMap((node) => node.outputs)]);
  const byNode = new Map(segment.layers.map((layer) => [layer.nodeIndex, layer]));
  const layerOf = (node: GraphNode): Layer | undefined => byNode.get(node.index);
  return {
    nodes: segment.nodes,
    layers: segment.layers,
    carries: (name) => carried.has(name),
    layerOf,
    madeBy(value) {
      const found = new Set<Layer>();
      const seen = new Set<GraphNode>();
      const waiting = [value];
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        const node = index.producers.get(name);
        if (node === undefined || !own.has(node) || seen.has(node)) continue;
        seen.add(node);
        const layer = layerOf(node);
        if (layer !== undefined) found.add(layer);
        else waiting.push(...operandsOf(node));
      }
      return found;
    },
    onward(value) {
      const into = new Set<Layer>();
      const passed = new Set<GraphNode>();
      const waiting = [value];
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        for (const node of index.consumers.get(name) ?? []) {
          if (!own.has(node) || passed.has(node)) continue;
          const layer = layerOf(node);
          if (layer !== undefined) {
            into.add(layer);
            continue;
          }
          passed.add(node);
          if (!node.outputs.includes(segment.output)) waiting.push(...node.outputs.filter((out) => out !== ''));
        }
      }
      return { passed: [...passed], into };
    },
  };
}

/** The value that a layer's node makes, before anything that follows. */
export function madeValue(layer: Layer, walk: SegmentWalk): string {
  const node = walk.nodes.find((candidate) => candidate.index === layer.nodeIndex);
  return node?.outputs.find((name) => name !== '') ?? layer.preActivation;
}
