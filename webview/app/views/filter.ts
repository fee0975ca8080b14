import type { LayerView } from '../../messages/index.ts';
import { visible } from '../text.ts';

/**
 * The layers whose name, operator, shape or tier contains every word of `filter`, whatever their case. Invisible characters can be
 * looked for as they are shown, e.g. `U+202E`.
 */
export function filterLayers(layers: readonly LayerView[], filter: string): readonly LayerView[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return layers;
  return layers.filter((layer) => {
    const haystack = `${visible(layer.id)} ${layer.op} ${layer.shape} ${layer.tier} ${layer.fitted === null ? '' : 'fitted'}`.toLowerCase();
    return words.every((word) => haystack.includes(word));
  });
}
