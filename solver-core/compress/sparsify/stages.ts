import type { ModelGraph } from '../../model/graph.ts';
import type { Layer } from '../../model/layer.ts';

/**
 * Layers in groups that can be corrected together: none of a group reads what another of it makes, and whatever a layer reads is made by
 * layers of groups before its own. Recurrent states from the step before count as given. O(nodes + edges).
 */
export function correctionStages(graph: ModelGraph, layers: readonly Layer[]): readonly (readonly Layer[])[] {
  const byNode = new Map(layers.map((layer) => [layer.nodeIndex, layer]));
  const levels = new Map<string, number>();
  const stages: Layer[][] = [];
  for (const index of graph.order) {
    const node = graph.nodes[index];
    if (node === undefined) continue;
    const level = [...node.inputs, ...node.captured].reduce((most, name) => Math.max(most, levels.get(name) ?? 0), 0);
    const layer = byNode.get(index);
    if (layer !== undefined) (stages[level] ??= []).push(layer);
    for (const name of node.outputs) levels.set(name, level + (layer === undefined ? 0 : 1));
  }
  return stages.filter((stage) => stage.length > 0);
}
