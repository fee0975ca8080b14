import { formatCount, formatFull, formatSi, sourceLegend } from '../energy/format.ts';
import type { EvaluationDocument, FitDocument, FitLayer } from '../protocol/documents.ts';
import type { Column } from './cells.ts';
import { counted, fileName, inert, nothing, numberCell, quantityCell, textTable } from './cells.ts';
import { diagnosticLine } from './check-text.ts';

const columns: readonly Column[] = [
  { title: 'layer', align: 'left' },
  { title: 'tier', align: 'left' },
  { title: 'rows', align: 'right' },
  { title: 'unknowns', align: 'right' },
  { title: 'outputs', align: 'right' },
  { title: 'targets', align: 'left' },
  { title: 'lambda', align: 'right' },
  { title: 'condition', align: 'right' },
  { title: 'residual', align: 'right' },
  { title: 'passes', align: 'right' },
  { title: 'cycles', align: 'right' },
  { title: 'time', align: 'right' },
  { title: 'energy', align: 'right' },
];

/** A metric as people read it: accuracy in percent with the counts where known, other metrics with three digits. */
export function metricText(evaluation: EvaluationDocument, when: 'before' | 'after'): string {
  const value = evaluation[when];
  if (evaluation.metric !== 'accuracy') return numberCell(value);
  const correct = when === 'before' ? evaluation.correctBefore : evaluation.correctAfter;
  const counts = correct === null ? '' : ` (${correct} of ${evaluation.rows})`;
  return `${(value * 100).toFixed(1)} %${counts}`;
}

/** The fit record for a terminal: where it ran, one line per layer, before and after, where the result is, what to do next. */
export function fitText(fit: FitDocument): string {
  const rows = fit.layers.map((layer) => [
    inert(layer.id, 40),
    layer.tier,
    formatCount(layer.rows),
    formatCount(layer.columns),
    formatCount(layer.outputs),
    inert(layer.targets, 24),
    numberCell(layer.lambda),
    numberCell(layer.conditionEstimate),
    numberCell(layer.relativeResidual),
    String(layer.refinementPasses),
    layer.cycles === null ? nothing : formatCount(layer.cycles),
    formatSi(layer.seconds, 's'),
    quantityCell(layer.energy),
  ]);
  const dead = fit.layers.filter((layer) => layer.deadInputs > 0);
  const hasEnergy = fit.layers.some((layer) => layer.energy !== null);
  return [
    `Fitted ${counted(fit.layers.length, 'layer')} of ${fileName(fit.plan)} on ${inert(fit.backend.kind)}: ${inert(fit.backend.device)}`,
    ...(fit.backend.note === null ? [] : [`note: ${inert(fit.backend.note, 400)}`]),
    '',
    ...textTable(columns, rows),
    '',
    ...fit.layers.map(
      (layer) => `${inert(layer.id, 40)}: ${inert(layer.method, 200)}${layer.energy === null ? '' : `; ${formatFull(layer.energy)}`}`,
    ),
    ...fit.layers.filter(hasChoice).map((layer) => `${inert(layer.id, 40)}: ${lambdaText(layer)}`),
    ...dead.map((layer) => `${inert(layer.id, 40)}: ${counted(layer.deadInputs, 'input')} never changed; the weights there are 0.`),
    '',
    ...(fit.evaluation === null ? ['Not evaluated: no held-out rows were at hand.'] : evaluationLines(fit.evaluation)),
    '',
    ...fit.diagnostics.map(diagnosticLine),
    `Wrote ${inert(fit.output, 4096)}`,
    ...(hasEnergy ? [sourceLegend] : []),
    'Next: inspect the new model, compare `tierwise energy` of the plan, or run the new model in place of the old one.',
    '',
  ].join('\n');
}

/** True where λ was chosen from the rows: then the record says more than the table shows. */
function hasChoice(layer: FitLayer): boolean {
  return layer.lambdaFrom === 'gcv' || layer.lambdaFrom === 'held-out';
}

function lambdaText({ lambda, lambdaFrom, degreesOfFreedom, rank, columns: unknowns }: FitLayer): string {
  const how = lambdaFrom === 'gcv' ? 'generalised cross-validation' : 'held-out rows';
  const freedom = typeof degreesOfFreedom === 'number' ? `, ${numberCell(degreesOfFreedom)} degrees of freedom` : '';
  const full = typeof rank === 'number' ? `, rank ${formatCount(rank)} of ${formatCount(unknowns)} unknowns` : '';
  return `lambda ${numberCell(lambda)} chosen by ${how}${freedom}${full}`;
}

function evaluationLines(evaluation: EvaluationDocument): readonly string[] {
  const metric = evaluation.metric === 'accuracy' ? 'accuracy' : 'mean squared error';
  return [
    `${metric} on ${formatCount(evaluation.rows)} ${inert(evaluation.split)} rows of ${fileName(evaluation.dataset)}`,
    `  before  ${metricText(evaluation, 'before')}`,
    `  after   ${metricText(evaluation, 'after')}`,
  ];
}
