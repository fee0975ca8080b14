import type { EnergyDocument, PythonLayer, TextRange, TierKind } from '../../solver-core/protocol/index.ts';

/** An annotation that says another tier than the plan. */
export interface Difference {
  /** The annotation. */
  readonly range: TextRange;
  readonly annotated: TierKind;
  readonly planned: TierKind;
  /** Layers of the model that both speak of, at least one. */
  readonly layers: readonly string[];
}

/** Whether the plan has every layer in the tier that its line states; a layer that no line builds or that states nothing is frozen. */
export function saysTheSame(layers: readonly PythonLayer[], planned: EnergyDocument['layers']): boolean {
  const stated = new Map(layers.flatMap((layer) => (layer.layerId === null ? [] : [[layer.layerId, layer.tier] as const])));
  return planned.every((layer) => layer.tier === (stated.get(layer.id) ?? 'frozen'));
}

/**
 * Where annotations and the plan put a layer into different tiers, one entry per annotation and tier of the plan. `planned` are the layers
 * as the plan has them; a layer that it does not know is no difference.
 */
export function differences(layers: readonly PythonLayer[], planned: EnergyDocument['layers']): readonly Difference[] {
  const tierOf = new Map(planned.map((layer) => [layer.id, layer.tier]));
  const found = new Map<string, { range: TextRange; annotated: TierKind; planned: TierKind; layers: string[] }>();
  for (const { annotation, layerId } of layers) {
    const plan = layerId === null ? undefined : tierOf.get(layerId);
    if (!annotation || layerId === null || plan === undefined || plan === annotation.kind) continue;
    const key = `${annotation.range.line}:${annotation.range.column} ${plan}`;
    const entry = found.get(key) ?? { range: annotation.range, annotated: annotation.kind, planned: plan, layers: [] };
    entry.layers.push(layerId);
    found.set(key, entry);
  }
  return [...found.values()];
}
