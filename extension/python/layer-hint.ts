import type { EnergyLayer, PythonLayer, Quantity } from '../../solver-core/protocol/index.ts';
import { formatCount, formatQuantity, sourceWord, type Translate } from '../format.ts';
import { energyTable, type HintOptions } from '../hint-text.ts';
import { escapeMarkdown } from '../markdown.ts';
import { sumJoules, type LineLayers } from './line-layers.ts';

const maxTooltipLayers = 4;
const maxNotes = 20;

/**
 * Text behind a line that builds layers, or undefined when nothing is known or wanted: "2.20 µJ modelled · SGD 130 mJ · solve 17.0 mJ";
 * "3 layers · …" with the sums of several. A layer that is annotated as frozen says only what an inference costs. Without a figure only an
 * annotated layer says what would give it one.
 */
export function layerLabel({ layers }: LineLayers, options: HintOptions, t: Translate): string | undefined {
  const known = layers.filter((layer) => layer.inference !== null || layer.retraining.sgd !== null || layer.retraining.solve !== null);
  if (known.length === 0) {
    const isAnnotated = layers.some((layer) => layer.annotation !== null);
    return isAnnotated && (options.energy || options.retraining) ? t('export the model to see joules') : undefined;
  }
  const parts: string[] = [];
  const inference = options.energy ? sumJoules(known.map((layer) => layer.inference)) : null;
  if (inference) parts.push(`${formatQuantity(inference)} ${sourceWord(inference.source, t)}`);
  if (options.retraining) parts.push(...retrainingParts(known, t));
  if (parts.length === 0) return undefined;
  if (known.length < layers.length) parts.unshift(t('{0} of {1} layers', known.length, layers.length));
  else if (layers.length > 1) parts.unshift(t('{0} layers', layers.length));
  return parts.join(' \u00b7 ');
}

function retrainingParts(layers: readonly PythonLayer[], t: Translate): string[] {
  const trained = layers.filter((layer) => layer.tier !== 'frozen' || layer.annotation === null);
  const upper = trained.filter((layer) => layer.tier === 'upper');
  const others = trained.filter((layer) => layer.tier !== 'upper');
  const part = (quantity: Quantity<'J'> | null, text: (joules: string) => string): string[] =>
    quantity ? [text(formatQuantity(quantity))] : [];
  return [
    ...part(sumJoules(trained.map((layer) => layer.retraining.sgd)), (joules) => t('SGD {0}', joules)),
    ...part(sumJoules(others.map((layer) => layer.retraining.solve)), (joules) => t('solve {0}', joules)),
    ...part(sumJoules(upper.map((layer) => layer.retraining.incremental)), (joules) => t('update {0}', joules)),
  ];
}

/**
 * Tooltip of a line as Markdown: each layer with what its figures rest on and the table with band and source, at most four. Names are
 * escaped; the text holds no command link and must be shown untrusted.
 */
export function layerTooltip({ layers }: LineLayers, target: string, t: Translate): string {
  const shown = layers.slice(0, maxTooltipLayers);
  const lines: string[] = [];
  if (layers.length > 1) lines.push(...sumLines(layers, t), '', '---', '');
  lines.push(shown.map((layer) => layerText(layer, target, t)).join('\n\n---\n\n'));
  if (shown.length < layers.length) lines.push('', t('and {0} more', layers.length - shown.length));
  return lines.join('\n');
}

function sumLines(layers: readonly PythonLayer[], t: Translate): string[] {
  const inference = sumJoules(layers.map((layer) => layer.inference));
  const text = t('This line builds {0} layers.', layers.length);
  return [inference ? `${text} ${t('One inference of all: {0}, {1}.', formatQuantity(inference), sourceWord(inference.source, t))}` : text];
}

/** One layer with its table and notes, as Markdown. */
export function layerText(layer: PythonLayer, target: string, t: Translate): string {
  const name = `**${escapeMarkdown(layer.name)}** \u00b7 ${escapeMarkdown(layer.kind)}`;
  const notes = new Map<string, number>();
  const table = energyTable({ id: layer.name, tier: layer.tier, energy: asEnergyLayer(layer), fit: undefined, staleFit: false }, notes, t);
  const hasFigures = layer.inference !== null || Object.values(layer.retraining).some((quantity) => quantity !== null);
  const lines = [
    layer.layerId === null ? name : `${name} \u2192 ${escapeMarkdown(layer.layerId)}`,
    '',
    `${basisText(layer, target, t)}`,
    '',
  ];
  if (hasFigures) lines.push(...table, '');
  if (layer.note !== null) lines.push(escapeMarkdown(layer.note, 400), '');
  lines.push(...[...notes].slice(0, maxNotes).map(([note, number]) => `\\[${number}\\] ${escapeMarkdown(note, 300)}  `));
  return lines.join('\n').trim();
}

/** What the figures of a layer rest on, in a sentence. */
function basisText(layer: PythonLayer, target: string, t: Translate): string {
  const size = t('{0} MACs, {1} parameters.', formatCount(layer.macs), formatCount(layer.parameters));
  if (layer.basis === 'model') return `${size} ${t('Energy on {0}, of the layer in the exported model:', escapeMarkdown(target))}`;
  if (layer.basis === 'arguments')
    return `${size} ${t('Energy on {0}, **estimated from the arguments** because no exported model holds the layer:', escapeMarkdown(target))}`;
  return t('Nothing is known about its energy. Export the model to ONNX beside this file, with the names of its weights.');
}

function asEnergyLayer(layer: PythonLayer): EnergyLayer {
  const { inference, retraining, tier, macs } = layer;
  return {
    id: layer.name,
    op: layer.kind,
    tier,
    macs,
    parameters: layer.parameters ?? 0,
    inference,
    components: [],
    retraining,
    breakEvenRetrainings: null,
  };
}
