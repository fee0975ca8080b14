import type { EnergyDocument, EvidenceDocument, MappingDocument } from '../solver-core/protocol/index.ts';
import type { EvidenceView } from '../webview/messages/index.ts';
import { figureView } from './figure-view.ts';
import { formatCount, formatQuantity, signedPercent, sourceWord, type Translate } from './format.ts';
import { escapeMarkdown } from './markdown.ts';

/** Tables of evidence longer than this belong into the report. */
const maxEvidence = 8;

/** Estimate, simulated and measured figures of one thing, for a page. */
export function evidenceView(evidence: EvidenceDocument, t: Translate): EvidenceView {
  const estimate = figureView(evidence.estimate, t);
  return {
    of: evidence.of,
    estimate: estimate ?? { text: '\u2013', value: 0, low: 0, high: 0, bandText: '', source: 'assumed', ref: '' },
    simulated: figureView(evidence.simulated, t),
    measured: figureView(evidence.measured?.energy ?? null, t),
    measuredBy: measuredBy(evidence, t),
    error: evidence.error === null ? '' : signedPercent(evidence.error),
    stale: evidence.stale,
  };
}

/** "RAPL package 0, 12 runs, 2026-11-21"; empty without a measurement. */
function measuredBy({ measured }: EvidenceDocument, t: Translate): string {
  if (!measured) return '';
  const runs = measured.repetitions === 1 ? t('1 run') : t('{0} runs', formatCount(measured.repetitions));
  return [measured.sensor, runs, measured.date.slice(0, 10)].join(', ');
}

/**
 * Evidence as lines of Markdown: a table with one row per thing that is known in more than one way, and below it what measured it and
 * what is out of date. Names are escaped. Empty when there is only an estimate.
 */
export function evidenceLines(all: readonly EvidenceDocument[] | undefined, t: Translate): string[] {
  const known = (all ?? []).filter(({ simulated, measured }) => simulated !== null || measured !== null).slice(0, maxEvidence);
  if (known.length === 0) return [];
  const cell = (text: string | undefined): string => (text ?? '\u2013').replaceAll(' ', '\u00a0');
  const rows = known.map((evidence) => {
    const stale = evidence.stale === null ? '' : ` (${t('out of date')})`;
    const name = escapeMarkdown(evidence.of) + stale;
    const error = evidence.error === null ? undefined : signedPercent(evidence.error);
    const simulated = evidence.simulated ? formatQuantity(evidence.simulated) : undefined;
    const measured = evidence.measured ? formatQuantity(evidence.measured.energy) : undefined;
    return `| ${name} | ${cell(formatQuantity(evidence.estimate))} | ${cell(simulated)} | ${cell(measured)} | ${cell(error)} |`;
  });
  const notes = known.flatMap((evidence) => [
    ...(evidence.measured ? [`${t('Measured: {0}', escapeMarkdown(measuredBy(evidence, t)))}  `] : []),
    ...(evidence.stale === null ? [] : [`${t('Out of date: {0}', escapeMarkdown(evidence.stale, 300))}  `]),
  ]);
  return [
    `| | ${t('estimate')} | ${t('simulated')} | ${t('measured')} | ${t('error of the estimate')} |`,
    '|---|---:|---:|---:|---:|',
    ...rows,
    '',
    ...new Set(notes),
  ];
}

/** "weight-stationary, 3 x 1 tiles of 64 x 64; units busy 78 % of the time, 12,544 cycles". */
export function mappingText(mapping: MappingDocument, t: Translate): string {
  const names: Readonly<Record<MappingDocument['dataflow'], string>> = {
    'weight-stationary': t('weight-stationary'),
    'output-stationary': t('output-stationary'),
    'row-stationary': t('row-stationary'),
  };
  const busy = `${Math.round(mapping.utilisation * 100)} %`;
  return t('{0}, {1}; units busy {2} of the time, {3} cycles', names[mapping.dataflow], mapping.text, busy, formatCount(mapping.cycles));
}

/** The calibration in use, in a sentence; one that no longer fits says why. */
export function calibrationText(calibration: NonNullable<EnergyDocument['calibration']>, t: Translate): string {
  const date = calibration.date.slice(0, 10);
  return calibration.stale === null
    ? t('Constants fitted to measurements of {0}', date)
    : t('The calibration of {0} is out of date: {1}', date, calibration.stale);
}

/** Whose constants and which training machine the figures of a document rest on, as lines of Markdown; empty when there is neither. */
export function groundsLines(energy: EnergyDocument, t: Translate): string[] {
  const { calibration, trainingMachine } = energy;
  const lines: string[] = [];
  if (calibration) lines.push(escapeMarkdown(calibrationText(calibration, t), 400));
  if (trainingMachine) {
    const { sgd, solve, incremental } = trainingMachine.retraining;
    const parts = [
      ...(sgd ? [t('gradient descent {0}', formatQuantity(sgd))] : []),
      ...(solve ? [t('direct solve {0}', formatQuantity(solve))] : []),
      ...(incremental ? [t('one update {0}', formatQuantity(incremental))] : []),
    ];
    const source = (sgd ?? solve ?? incremental)?.source;
    const grounds = source === undefined ? '' : ` (${sourceWord(source, t)})`;
    lines.push(
      t('Retraining on {0}: {1}', escapeMarkdown(trainingMachine.name), parts.length === 0 ? t('unknown') : parts.join(', ')) + grounds,
    );
  }
  return lines;
}
