import { describe, expect, it } from 'vitest';
import { childrenOf, groupDescription, groupSpoken, groupTotals, stretchLength, tierGroups } from '../../extension/layer-groups.ts';
import type { EnergyLayer, InspectDocument } from '../../solver-core/protocol/index.ts';
import { check, energy, joules, plainText } from './fixtures.ts';

const layer = (id: string): EnergyLayer => ({
  id,
  op: 'MatMul',
  tier: 'frozen',
  macs: 10,
  parameters: 10,
  inference: joules(1e-6),
  components: [],
  retraining: { sgd: null, solve: joules(1e-3), incremental: null },
  breakEvenRetrainings: null,
});

function model(n: number, perBlock: number): { readonly layers: EnergyLayer[]; readonly inspect: Pick<InspectDocument, 'blocks'> } {
  const layers = Array.from({ length: n }, (_, i) => layer(`l${i}`));
  const blocks = Array.from({ length: perBlock === 0 ? 0 : Math.floor(n / perBlock) }, (_, index) => ({
    index,
    name: `layers.${index}`,
    kind: 'repeated' as const,
    layers: layers.slice(index * perBlock, (index + 1) * perBlock).map(({ id }) => id),
    input: '',
    output: '',
    macs: null,
    parameters: 0,
  }));
  return { layers, inspect: { blocks } };
}

describe('groups of layers', () => {
  it('puts every layer into exactly one tier, in the order of the model', () => {
    const groups = tierGroups({ energy, check });
    expect(groups.flatMap((group) => group.layers.map(({ id }) => id)).sort()).toEqual(energy.layers.map(({ id }) => id).sort());
    expect(tierGroups({ energy: null, check })).toEqual([]);
  });

  it('has totals in the description and in words, and says what is missing', () => {
    const [lower] = tierGroups({
      energy: { ...energy, layers: [layer('a'), { ...layer('b'), inference: null }, layer('c')] },
      check: null,
    });
    if (!lower) throw new Error('no group');
    const group = { ...lower, tier: 'lower' as const };
    const totals = groupTotals(group);
    expect(totals.inference).toMatchObject({ value: 2e-6, low: 1e-6, high: 4e-6 });
    expect(groupDescription(group, totals, plainText)).toBe('at least 2.00 µJ · solve 3.00 mJ · 3 layers');
    expect(groupSpoken('Lower tier x', group, totals, plainText)).toBe(
      'Lower tier x, 3 layers, one inference 2.00 microjoule, modelled, without 1 layers whose energy is unknown, solve 3.00 millijoule, modelled',
    );
  });

  it('shows repeated blocks as a level of their own, each with its layers, and what is in none beside them', () => {
    const { layers, inspect } = model(13, 4);
    const [group] = tierGroups({ energy: { ...energy, layers }, check: null });
    if (!group) throw new Error('no group');
    const children = childrenOf(group, { inspect: inspect as InspectDocument });
    expect(children.map((child) => (child.kind === 'layer' ? child.layer.id : child.name))).toEqual([
      'layers.0',
      'layers.1',
      'layers.2',
      'l12',
    ]);
    const [first] = children;
    if (!first || first.kind === 'layer') throw new Error('no block');
    expect(childrenOf(first, { inspect: inspect as InspectDocument }).map((child) => child.kind)).toEqual([
      'layer',
      'layer',
      'layer',
      'layer',
    ]);
  });

  it('cuts five thousand layers into stretches that lose none', () => {
    const { layers } = model(5000, 0);
    const [group] = tierGroups({ energy: { ...energy, layers }, check: null });
    if (!group) throw new Error('no group');
    const children = childrenOf(group, { inspect: null });
    expect(children).toHaveLength(5000 / stretchLength);
    const ids = children
      .flatMap((child) => (child.kind === 'layer' ? [] : childrenOf(child, { inspect: null })))
      .map((child) => (child.kind === 'layer' ? child.layer.id : ''));
    expect(ids).toEqual(layers.map(({ id }) => id));
  });
});
