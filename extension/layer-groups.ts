import type { EnergyLayer, Quantity, TierKind } from '../solver-core/protocol/index.ts';
import { formatCount, formatQuantity, speakQuantity, type Translate } from './format.ts';
import type { PlanSnapshot } from './plan-snapshot.ts';

/** A group of layers in the tree: a tier, a repeated block of the model within it, or a stretch of a long list. */
export interface LayerGroup {
  readonly kind: 'tier' | 'block' | 'stretch';
  readonly tier: TierKind;
  /** The name of the tier; empty for frozen layers. */
  readonly tierName: string;
  /** Of a block: what its nodes are called together. Of a stretch: from which layer to which, counted from 1. */
  readonly name: string;
  readonly layers: readonly EnergyLayer[];
}

/** What stands below a group. */
export type GroupChild = LayerGroup | { readonly kind: 'layer'; readonly tierName: string; readonly layer: EnergyLayer };

/** Longer lists are cut into stretches, so that opening a tier never builds thousands of rows at once. */
export const stretchLength = 200;

/** The tiers of a plan with their layers in the order of the model, the frozen ones last. Empty while no energy is known. */
export function tierGroups({ energy, check }: Pick<PlanSnapshot, 'energy' | 'check'>): LayerGroup[] {
  if (!energy) return [];
  const tiers = (check?.tiers ?? []).filter((tier) => tier.kind !== 'frozen');
  const tierOf = new Map<string, number>();
  tiers.forEach((tier, index) => tier.layers.forEach((id) => tierOf.set(id, index)));
  const members: EnergyLayer[][] = tiers.map(() => []);
  const frozen: EnergyLayer[] = [];
  for (const layer of energy.layers) (members[tierOf.get(layer.id) ?? -1] ?? frozen).push(layer);
  const groups = tiers.map(({ kind, name }, index): LayerGroup => ({
    kind: 'tier',
    tier: kind,
    tierName: name,
    name,
    layers: members[index] ?? [],
  }));
  return frozen.length === 0 ? groups : [...groups, { kind: 'tier', tier: 'frozen', tierName: '', name: '', layers: frozen }];
}

/** What stands below a group: the blocks that its layers belong to, where the model repeats any, else the layers themselves. */
export function childrenOf(group: LayerGroup, snapshot: Pick<PlanSnapshot, 'inspect'>): GroupChild[] {
  if (group.kind !== 'tier') return inStretches(group, group.layers);
  const blocks = snapshot.inspect?.blocks ?? [];
  if (blocks.length === 0) return inStretches(group, group.layers);
  const blockOf = new Map<string, number>();
  blocks.forEach((block, index) => block.layers.forEach((id) => blockOf.set(id, index)));
  const children: GroupChild[] = [];
  const inside = new Map<number, EnergyLayer[]>();
  for (const layer of group.layers) {
    const index = blockOf.get(layer.id);
    if (index === undefined) {
      children.push({ kind: 'layer', tierName: group.tierName, layer });
      continue;
    }
    const known = inside.get(index);
    if (known) {
      known.push(layer);
      continue;
    }
    // The block stands where its first layer does.
    const layers = [layer];
    inside.set(index, layers);
    children.push({ ...group, kind: 'block', name: blocks[index]?.name ?? String(index), layers });
  }
  // A tier that lies in one block needs no level for it, and hundreds of blocks are shown as they are: they are few rows each.
  return inside.size < 2 ? inStretches(group, group.layers) : children;
}

function inStretches(group: LayerGroup, layers: readonly EnergyLayer[]): GroupChild[] {
  if (layers.length <= 2 * stretchLength) return layers.map((layer) => ({ kind: 'layer', tierName: group.tierName, layer }));
  return Array.from({ length: Math.ceil(layers.length / stretchLength) }, (_, index): LayerGroup => {
    const from = index * stretchLength;
    const part = layers.slice(from, from + stretchLength);
    return { ...group, kind: 'stretch', name: `${from + 1} \u2013 ${from + part.length}`, layers: part };
  });
}

/** Energies of a group: of one inference, and of retraining it the way its tier does. `missing` counts layers without a figure of inference. */
export interface GroupTotals {
  readonly inference: Quantity<'J'> | null;
  readonly retraining: Quantity<'J'> | null;
  readonly missing: number;
}

/** Sums over the layers that have a figure; null where none has. */
export function groupTotals(group: LayerGroup): GroupTotals {
  const retraining = (layer: EnergyLayer): Quantity<'J'> | null =>
    group.tier === 'lower' ? layer.retraining.solve : group.tier === 'upper' ? layer.retraining.incremental : null;
  return {
    inference: total(group.layers, (layer) => layer.inference),
    retraining: total(group.layers, retraining),
    missing: group.layers.reduce((count, layer) => count + (layer.inference === null ? 1 : 0), 0),
  };
}

/** In one pass: adding references pair by pair would be slow for thousands of layers, and no row shows them. */
function total(layers: readonly EnergyLayer[], pick: (layer: EnergyLayer) => Quantity<'J'> | null): Quantity<'J'> | null {
  const order: readonly Quantity['source'][] = ['measured', 'simulated', 'modelled', 'assumed'];
  let [value, low, high, weakest, known] = [0, 0, 0, 0, 0];
  for (const layer of layers) {
    const quantity = pick(layer);
    if (quantity === null) continue;
    value += quantity.value;
    low += quantity.low;
    high += quantity.high;
    weakest = Math.max(weakest, order.indexOf(quantity.source));
    known++;
  }
  if (known === 0) return null;
  return { value, unit: 'J', low, high, source: order[weakest] ?? 'assumed', ref: 'sum over the layers of the group' };
}

/** What stands behind the name of a group: "6.66 µJ · solve 16.5 mJ · 12 layers", the energy first because side bars are narrow. */
export function groupDescription(group: LayerGroup, totals: GroupTotals, t: Translate): string {
  const { inference, retraining, missing } = totals;
  const energy =
    inference === null ? t('energy unknown') : missing > 0 ? t('at least {0}', formatQuantity(inference)) : formatQuantity(inference);
  const again = retraining === null ? [] : [retrainingText(group.tier, formatQuantity(retraining), t)];
  return [energy, ...again, countText(group, t)].join(' \u00b7 ');
}

/** The same in words for screen readers, with the source. */
export function groupSpoken(label: string, group: LayerGroup, totals: GroupTotals, t: Translate): string {
  const { inference, retraining, missing } = totals;
  const energy = inference === null ? t('energy unknown') : t('one inference {0}', speakQuantity(inference, t));
  return [
    label,
    countText(group, t),
    energy,
    ...(inference !== null && missing > 0 ? [t('without {0} layers whose energy is unknown', formatCount(missing))] : []),
    ...(retraining === null ? [] : [retrainingText(group.tier, speakQuantity(retraining, t), t)]),
  ].join(', ');
}

function retrainingText(tier: TierKind, energy: string, t: Translate): string {
  return tier === 'lower' ? t('solve {0}', energy) : t('update {0}', energy);
}

function countText({ layers }: LayerGroup, t: Translate): string {
  return layers.length === 1 ? t('1 layer') : t('{0} layers', formatCount(layers.length));
}
