import type { Layer } from '../model/layer.ts';

/** A layer on both sides of a comparison, or on one. */
export type LayerPair =
  | { readonly before: Layer; readonly after: Layer }
  | { readonly before: Layer; readonly after: null }
  | { readonly before: null; readonly after: Layer };

/**
 * The layers of two models in pairs: by id, then, of those left over, by their place among equal operators behind the same matched
 * neighbour, so that a model exported anew under other names still lines up. In the order of `after`; removed layers stand where they
 * were.
 */
export function matchLayers(before: readonly Layer[], after: readonly Layer[]): readonly LayerPair[] {
  const partnerOf = new Map<Layer, Layer>();
  pair(before, after, (layer) => layer.id, partnerOf);
  const [keyBefore, keyAfter] = [placeKeys(before, partnerOf, 'before'), placeKeys(after, partnerOf, 'after')];
  pair(before, after, (layer) => keyBefore.get(layer) ?? keyAfter.get(layer) ?? '', partnerOf);
  const partnerOfAfter = new Map([...partnerOf].map(([b, a]) => [a, b]));
  const removedBehind = new Map<Layer | null, Layer[]>();
  let anchor: Layer | null = null;
  for (const layer of before) {
    const partner = partnerOf.get(layer);
    if (partner !== undefined) anchor = partner;
    else removedBehind.set(anchor, [...(removedBehind.get(anchor) ?? []), layer]);
  }
  const removed = (behind: Layer | null): LayerPair[] => (removedBehind.get(behind) ?? []).map((layer) => ({ before: layer, after: null }));
  return [
    ...removed(null),
    ...after.flatMap((layer): LayerPair[] => {
      const partner = partnerOfAfter.get(layer);
      return [partner === undefined ? { before: null, after: layer } : { before: partner, after: layer }, ...removed(layer)];
    }),
  ];
}

/** Pairs the layers without a partner whose keys are equal, in order. */
function pair(before: readonly Layer[], after: readonly Layer[], keyOf: (layer: Layer) => string, partnerOf: Map<Layer, Layer>): void {
  const taken = new Set(partnerOf.values());
  const waiting = new Map<string, Layer[]>();
  for (const layer of after) {
    if (taken.has(layer)) continue;
    const key = keyOf(layer);
    waiting.set(key, [...(waiting.get(key) ?? []), layer]);
  }
  for (const layer of before) {
    if (partnerOf.has(layer)) continue;
    const partner = waiting.get(keyOf(layer))?.shift();
    if (partner !== undefined) partnerOf.set(layer, partner);
  }
}

/** For layers without a partner: their operator and the id, on the later side, of the matched layer before them. */
function placeKeys(layers: readonly Layer[], partnerOf: ReadonlyMap<Layer, Layer>, side: 'before' | 'after'): ReadonlyMap<Layer, string> {
  const matched = new Map(side === 'before' ? partnerOf : [...partnerOf.values()].map((layer) => [layer, layer] as const));
  const keys = new Map<Layer, string>();
  let anchor = '';
  for (const layer of layers) {
    const partner = matched.get(layer);
    if (partner === undefined) keys.set(layer, `${layer.op}\0${anchor}`);
    else anchor = partner.id;
  }
  return keys;
}
