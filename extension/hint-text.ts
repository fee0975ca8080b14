import type { EnergyDocument, Quantity, RetrainingDocument } from '../solver-core/protocol/index.ts';
import { calibrationText, evidenceLines, mappingText } from './evidence-text.ts';
import { formatBand, formatCount, formatNumber, formatQuantity, sourceWord, type Translate } from './format.ts';
import { escapeMarkdown } from './markdown.ts';
import { partName } from './part-name.ts';
import type { LayerState } from './plan-snapshot.ts';

/** Different notes below one tooltip; a figure may rest on more than a tooltip can hold. */
const maxNotes = 40;
const maxNoteLength = 300;

/** What the figures of a document rest on as a whole. */
export type EnergyGrounds = Pick<EnergyDocument, 'calibration' | 'trainingMachine'>;

/** Which parts of a hint the user wants to see. */
export interface HintOptions {
  readonly energy: boolean;
  readonly retraining: boolean;
}

/**
 * Text of a layer's hint, or undefined when nothing is known or wanted: "612 nJ · solve 12.0 µJ" before a fit,
 * "fitted · 612 nJ · solved for 11.0 µJ" after it, "fit out of date · …" once what was fitted has changed, "… · update 2.00 µJ" in an upper tier.
 */
export function hintLabel(state: LayerState, options: HintOptions, t: Translate): string | undefined {
  const parts: string[] = [];
  if (state.fit) parts.push(t('fitted'));
  else if (state.staleFit) parts.push(t('fit out of date'));
  if (options.energy && state.energy) parts.push(state.energy.inference ? formatQuantity(state.energy.inference) : t('energy unknown'));
  const retraining = options.retraining ? retrainingText(state, t) : undefined;
  if (retraining !== undefined) parts.push(retraining);
  return parts.length === 0 ? undefined : parts.join(' \u00b7 ');
}

function retrainingText(state: LayerState, t: Translate): string | undefined {
  if (state.fit) return state.fit.energy ? t('solved for {0}', formatQuantity(state.fit.energy)) : undefined;
  const retraining = state.energy?.retraining;
  if (state.tier === 'upper') return retraining?.incremental ? t('update {0}', formatQuantity(retraining.incremental)) : undefined;
  return retraining?.solve ? t('solve {0}', formatQuantity(retraining.solve)) : undefined;
}

/**
 * Tooltip of a layer's hint as Markdown: every figure with its band and source, and below the table what each rests on, by number.
 * Names from the user's files are escaped; the text holds no command link and must be shown untrusted.
 */
export function hintTooltip(state: LayerState, target: string, t: Translate, grounds: EnergyGrounds = {}): string {
  const { macs = null, parameters = null } = state.energy ?? {};
  const lead = t('{0} MACs, {1} parameters. Energy on {2}:', formatCount(macs), formatCount(parameters), escapeMarkdown(target));
  return [`**${escapeMarkdown(state.id)}**`, '', figuresBelow(lead, state, t, grounds)].join('\n');
}

/** The figures alone, for where name, work and size of the layer stand already; empty where there are none. */
export function layerFigures(state: LayerState, target: string, t: Translate, grounds: EnergyGrounds = {}): string {
  return figuresBelow(t('Energy on {0}:', escapeMarkdown(target)), state, t, grounds);
}

function figuresBelow(lead: string, state: LayerState, t: Translate, grounds: EnergyGrounds): string {
  const lines: string[] = [];
  if (state.energy) {
    lines.push(lead, '');
    const notes = new Map<string, number>();
    lines.push(...energyTable(state, notes, t, grounds.trainingMachine?.machine), '');
    const evidence = evidenceLines(state.energy.evidence, t);
    if (evidence.length > 0) lines.push(...evidence, '');
    if (state.energy.mapping) lines.push(t('On the array: {0}', escapeMarkdown(mappingText(state.energy.mapping, t), 300)), '');
    if (grounds.calibration) lines.push(escapeMarkdown(calibrationText(grounds.calibration, t), 400), '');
    lines.push(t('A direct solve pays off against gradient descent: {0}', breakEvenText(state.energy.breakEvenRetrainings, t)), '');
    if (state.fit) lines.push(...fitLines(state.fit, t), '');
    lines.push(...[...notes].map(([note, number]) => `\\[${number}\\] ${escapeMarkdown(note, maxNoteLength)}  `), '');
  }
  if (state.staleFit) lines.push(t('An earlier fit no longer belongs to the plan, model or data as they are now.'), '');
  return lines.join('\n');
}

/** One row per figure. The parts of its reference, which "; " separates, are collected in `notes` and named by number. */
export function energyTable(state: LayerState, notes: Map<string, number>, t: Translate, machine?: string): string[] {
  const { inference, components, retraining } = state.energy ?? {
    inference: null,
    components: [],
    retraining: { sgd: null, solve: null, incremental: null },
  };
  const numbers = (ref: string): string =>
    ref
      .split('; ')
      .flatMap((note) => {
        if (!notes.has(note) && notes.size < maxNotes) notes.set(note, notes.size + 1);
        return notes.get(note) ?? [];
      })
      .sort((a, b) => a - b)
      .join(', ');
  const row = (name: string, quantity: Quantity | null, bold: boolean): string[] => {
    if (!quantity) return [];
    const value = unbroken(formatQuantity(quantity));
    const text = bold ? `**${value}**` : value;
    const band = unbroken(formatBand(quantity, t));
    return [`| ${unbroken(name)} | ${text} | ${band} | ${sourceWord(quantity.source, t)} | ${numbers(quantity.ref)} |`];
  };
  const there = (method: keyof RetrainingDocument): string[] =>
    machine === undefined
      ? []
      : row(`\u00b7 ${t('on {0}', escapeMarkdown(machine, 40))}`, state.energy?.onTrainingMachine?.[method] ?? null, false);
  return [
    `| | ${t('energy')} | ${t('from \u2013 to')} | ${t('source')} | ${t('based on')} |`,
    '|---|---|---|---|---|',
    ...row(t('one inference'), inference, true),
    ...components.flatMap((component) => row(`\u00b7 ${escapeMarkdown(partName(t, component.name))}`, component.energy, false)),
    ...row(t('retrain: gradient descent'), retraining.sgd, false),
    ...there('sgd'),
    ...row(t('retrain: direct solve'), retraining.solve, false),
    ...there('solve'),
    ...row(t('retrain: one update'), retraining.incremental, false),
    ...there('incremental'),
    ...row(t('this fit'), state.fit?.energy ?? null, true),
  ];
}

/** A text that a narrow table column does not break: half a figure on the next line reads as another one. */
function unbroken(text: string): string {
  return text.replaceAll(' ', '\u00a0');
}

function fitLines(fit: NonNullable<LayerState['fit']>, t: Translate): string[] {
  const condition = fit.conditionEstimate === null ? t('unknown') : formatNumber(fit.conditionEstimate);
  return [
    t(
      'Fitted by {0} from {1} rows; \u03bb {2}, condition about {3}, relative residual {4}',
      escapeMarkdown(fit.method),
      formatCount(fit.rows),
      formatNumber(fit.lambda),
      condition,
      formatNumber(fit.relativeResidual),
    ),
  ];
}

/** When a direct solve becomes cheaper than gradient descent, in words. */
export function breakEvenText(retrainings: number | null, t: Translate): string {
  if (retrainings === null) return t('never or unknown');
  if (retrainings <= 0) return t('at once');
  return retrainings === 1 ? t('after 1 retraining') : t('after {0} retrainings', formatCount(retrainings));
}
