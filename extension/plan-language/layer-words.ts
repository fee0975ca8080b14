import type { EnergyDocument, EnergyLayer, InspectDocument } from '../../solver-core/protocol/index.ts';
import { formatBand, formatQuantity, formatShape, sourceWord, type Translate } from '../format.ts';

/** Longest name in a listing. */
const maxName = 120;

/** "4.4 µJ per inference (modelled)", for the end of a line about a layer; undefined where its energy is not known. */
export function energyDetail(layer: EnergyLayer | undefined, t: Translate): string | undefined {
  const inference = layer?.inference;
  return inference ? t('{0} per inference ({1})', formatQuantity(inference), sourceWord(inference.source, t)) : undefined;
}

/** "4.4 µJ, modelled", where there is room for a few words only; undefined where the energy is not known. */
export function energyWords(layer: EnergyLayer | undefined, t: Translate): string | undefined {
  const inference = layer?.inference;
  return inference ? `${formatQuantity(inference)}, ${sourceWord(inference.source, t)}` : undefined;
}

/** A model's layers as text, one per line, and the line on which each stands. */
export interface LayerListing {
  readonly text: string;
  /** Lines, from 0, by layer id. */
  readonly lines: ReadonlyMap<string, number>;
}

/** Lists the layers of a model with operator, shapes and, where it is known, energy with its band and source. */
export function layerListing(inspect: InspectDocument | null, energy: EnergyDocument | null, t: Translate): LayerListing {
  const energies = new Map(energy?.layers.map((layer) => [layer.id, layer]));
  const lines = new Map<string, number>();
  const title = t('Layers of the model, in graph order. Opening a line shows the model.');
  const rows = (inspect?.layers ?? []).map((layer, index) => {
    lines.set(layer.id, index + 2);
    const inference = energies.get(layer.id)?.inference;
    const figures = inference ? `   ${formatQuantity(inference)} (${formatBand(inference, t)}, ${sourceWord(inference.source, t)})` : '';
    return `${plain(layer.id)}   ${plain(layer.op)}   ${formatShape(layer.inputShape)} \u2192 ${formatShape(layer.outputShape)}${figures}`;
  });
  return { text: [title, '', ...rows, ''].join('\n'), lines };
}

/** A name as one line of plain text. */
function plain(name: string): string {
  const characters = [...name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')];
  return characters.length <= maxName ? characters.join('') : `${characters.slice(0, maxName - 1).join('')}\u2026`;
}
