import type { CompoundDocument, EnergyDocument, OutlineModule, PlanOutline, Quantity } from '../solver-core/protocol/index.ts';
import { addEnergy } from './add-energy.ts';
import { formatBand, formatCount, formatQuantity, sourceWord, type Translate } from './format.ts';
import { escapeMarkdown } from './markdown.ts';
import { shareText } from './to-optimise-view.ts';

/** What is known about a plan's compound model: its newest run, and the energy of its layers. */
export interface CompoundGrounds {
  readonly record: CompoundDocument | null;
  /** The plan has changed since that run. */
  readonly isStale: boolean;
  readonly energy: EnergyDocument | null;
}

/** A hint at the end of a line, from 0. The tooltip is Markdown in which names are escaped; it must be shown untrusted. */
export interface CompoundHint {
  readonly line: number;
  readonly label: string;
  readonly tooltip: string;
}

/** Hints of a plan's compound section: how the newest run went on its header, what a decision costs on its modules. */
export function compoundHints(outline: PlanOutline, grounds: CompoundGrounds, t: Translate): readonly CompoundHint[] {
  const { compound } = outline;
  if (!compound) return [];
  return [
    ...headerHint(compound.headerRange.end.line, grounds, t),
    ...moduleHint(compound.lower, 'lower', grounds, t),
    ...moduleHint(compound.upper, 'upper', grounds, t),
  ];
}

function headerHint(line: number, { record, isStale }: CompoundGrounds, t: Translate): CompoundHint[] {
  if (!record) return [];
  const { totals } = record;
  const escalated = totals.decisions === 0 ? 0 : totals.escalated / totals.decisions;
  const spent = totals.sums.compound;
  const label = [
    ...(isStale ? [t('run out of date')] : []),
    ...(totals.accuracy === null ? [] : [t('{0} right', shareText(totals.accuracy))]),
    t('{0} escalated', shareText(escalated)),
    formatQuantity(spent),
  ].join(' \u00b7 ');
  const rows: readonly (readonly [string, Quantity<'J'>])[] = [
    [t('this run'), spent],
    [t('\u00b7 deciding'), totals.energy.deciding],
    [t('\u00b7 learning'), totals.energy.learning],
    [t('always lower'), totals.sums.alwaysLower],
    [t('always upper'), totals.sums.alwaysUpper],
    [t('retraining'), totals.sums.retraining],
  ];
  const text = t('{0} decisions on {1}.', formatCount(totals.decisions), escapeMarkdown(fileName(record.stream)));
  return [{ line, label, tooltip: [...staleLines(isStale, t), text, '', ...table(rows, t)].join('\n') }];
}

function moduleHint(module: OutlineModule | null, which: 'lower' | 'upper', grounds: CompoundGrounds, t: Translate): CompoundHint[] {
  if (module === null) return [];
  const line = module.range.end.line;
  const known = grounds.record?.[which];
  if (known?.energy) {
    const label = `${grounds.isStale ? `${t('run out of date')} \u00b7 ` : ''}${t('{0} per decision', formatQuantity(known.energy))}`;
    const sizes = t('{0}: {1} MACs, {2} parameters', escapeMarkdown(known.name), formatCount(known.macs), formatCount(known.parameters));
    const cost = t('One decision of this module without a cache, as the newest run priced it:');
    const rows = table([[t('one decision'), known.energy]], t);
    return [{ line, label, tooltip: [...staleLines(grounds.isStale, t), sizes, '', cost, '', ...rows].join('\n') }];
  }
  const estimate = layersEnergy(module, grounds.energy);
  if (!estimate) return [];
  const count = module.layers.length;
  const cost =
    count === 1
      ? t('Estimated from the layer of this module, without heads and cache; a run prices it.')
      : t('Estimated from the {0} layers of this module, without heads and cache; a run prices it.', count);
  return [
    {
      line,
      label: t('about {0} per decision', formatQuantity(estimate)),
      tooltip: [cost, '', ...table([[t('one inference of its layers'), estimate]], t)].join('\n'),
    },
  ];
}

/** What one inference of a module's layers costs; undefined when a layer's energy is not known, which a sum would hide. */
function layersEnergy(module: OutlineModule, energy: EnergyDocument | null): Quantity<'J'> | undefined {
  if (module.model !== null || module.layers.length === 0 || !energy) return undefined;
  const inference = new Map(energy.layers.map((layer) => [layer.id, layer.inference]));
  let sum: Quantity<'J'> | undefined;
  for (const { id } of module.layers) {
    const one = inference.get(id);
    if (!one) return undefined;
    sum = sum === undefined ? one : addEnergy(sum, one);
  }
  return sum;
}

function table(rows: readonly (readonly [string, Quantity<'J'>])[], t: Translate): string[] {
  const unbroken = (text: string): string => text.replaceAll(' ', '\u00a0');
  return [
    `| | ${t('energy')} | ${t('from \u2013 to')} | ${t('source')} | ${t('based on')} |`,
    '|---|---:|---:|---|---|',
    ...rows.map(
      ([name, quantity]) =>
        `| ${unbroken(name)} | ${unbroken(formatQuantity(quantity))} | ${unbroken(formatBand(quantity, t))} | ${sourceWord(quantity.source, t)} | ${escapeMarkdown(quantity.ref, 300)} |`,
    ),
  ];
}

function staleLines(isStale: boolean, t: Translate): string[] {
  return isStale ? [t('The plan has changed since this run. Run it again before you rely on it.'), ''] : [];
}

function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
