import type { Layer } from '../../model/layer.ts';
import { layersOf } from './hover.ts';
import { layerLine } from './layer-text.ts';
import type { PlanCheck } from './plan-checks.ts';

/** A layer that may be named next. */
export interface LayerItem {
  readonly layer: Layer;
  /** 0: free and solvable, 1: not solvable, 2: in a tier already. */
  readonly rank: number;
  readonly detail: string;
}

/**
 * At most `limit` layers whose id contains `needle` (lower case), those that are free and solvable first, each group in graph order.
 * Texts are made only for those that are returned.
 */
export function layerItems(check: PlanCheck, needle: string, limit: number): readonly LayerItem[] {
  const taken = new Map<string, string>();
  for (const tier of check.checked.outline.tiers) for (const { id } of tier.layers) taken.set(id, tier.name);
  const groups: [Layer[], Layer[], Layer[]] = [[], [], []];
  for (const layer of layersOf(check) ?? []) {
    if (needle !== '' && !layer.id.toLowerCase().includes(needle)) continue;
    const group = groups[taken.has(layer.id) ? 2 : layer.linear === null ? 1 : 0];
    if (group.length < limit) group.push(layer);
    if (groups[0].length === limit) break;
  }
  return groups
    .flatMap((layers, rank) => layers.map((layer) => ({ layer, rank })))
    .slice(0, limit)
    .map(({ layer, rank }) => ({ layer, rank, detail: detailOf(layer, taken.get(layer.id)) }));
}

function detailOf(layer: Layer, tier: string | undefined): string {
  const state = tier !== undefined ? `, in tier ${tier}` : layer.linear === null ? ', not solvable' : '';
  return `${layerLine(layer)}${state}`;
}
