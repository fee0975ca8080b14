import { formatBand, formatCount, formatFull, formatQuantity, sourceLegend } from '../energy/format.ts';
import type { BudgetDocument, EnergyDocument, FitDocument } from '../protocol/documents.ts';
import type { Quantity } from '../protocol/quantity.ts';
import { breakEvenMarkdown } from './break-even-table.ts';
import { budgetWords, worstLayers } from './budget-line.ts';
import { breakEvenCell, fileName, inert, noLayers, nothing, numberCell, quantityCell, totalMacs } from './cells.ts';
import { evidenceMarkdown } from './energy-evidence.ts';
import { fitEnergyMarkdown } from './fit-energy.ts';
import { metricText } from './fit-text.ts';
import { settingMarkdown } from './setting-markdown.ts';
import { md } from './markdown-text.ts';

export { md };

/** What a report shows beside the energy document. */
export interface ReportExtras {
  /** Default: those of the document. */
  readonly budgets?: readonly BudgetDocument[];
  /** The newest fit record of the plan. */
  readonly fit?: FitDocument | null;
  /** True when the plan, model or data changed since that fit. */
  readonly fitStale?: boolean;
}

/** The energy report as Markdown: totals, one table row per layer, budgets, fit record, assumptions, findings. Ends with a newline. */
export function energyMarkdown(energy: EnergyDocument, extras: ReportExtras = {}): string {
  const { totals } = energy;
  const plan = energy.plan === null ? '' : ` Plan: ${md(fileName(energy.plan))}.`;
  return [
    `# Energy of ${md(fileName(energy.model))} on ${md(inert(energy.target))}`,
    '',
    `${totalMacs(energy)} multiply-adds per inference, ${formatCount(totals.parameters)} parameters.${plan}`,
    '',
    '| figure | value | band | source |',
    '| --- | ---: | --- | --- |',
    totalRow('per inference', totals.inference),
    totalRow('retrain by gradient descent', totals.retraining.sgd),
    totalRow('retrain by direct solve', totals.retraining.solve),
    totalRow('incremental update', totals.retraining.incremental),
    `| retrainings until solving is cheaper | ${breakEvenCell(totals.breakEvenRetrainings)} | | |`,
    '',
    '## Layers',
    '',
    ...(energy.layers.length === 0 ? [noLayers] : layerTable(energy)),
    '',
    sourceLegend,
    '',
    ...breakEvenMarkdown(energy),
    ...settingMarkdown(energy),
    ...budgetSection(extras.budgets ?? energy.budgets ?? []),
    ...evidenceMarkdown(energy),
    ...fitSection(extras.fit ?? null, extras.fitStale === true, energy),
    '## Assumptions',
    '',
    ...energy.assumptions.map(
      (a) => `- ${a.dominates ? '**' : ''}${md(inert(a.name))}${a.dominates ? '** (dominates)' : ''}: ${md(inert(a.text, 400))}`,
    ),
    '',
    ...(energy.diagnostics.length === 0
      ? []
      : ['## Findings', '', ...energy.diagnostics.map((d) => `- ${d.severity} \`${d.code}\`: ${md(inert(d.message, 400))}`), '']),
  ].join('\n');
}

function totalRow(name: string, q: Quantity | null): string {
  return q === null ? `| ${name} | ${nothing} | | |` : `| ${name} | ${formatQuantity(q)} | ${formatBand(q)} | ${q.source} |`;
}

function layerTable(energy: EnergyDocument): readonly string[] {
  return [
    '| layer | op | tier | MACs | parameters | inference | SGD | solve | incremental | break-even |',
    '| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |',
    ...energy.layers.map(layerRow),
  ];
}

function layerRow(layer: EnergyDocument['layers'][number]): string {
  const cells = [
    md(inert(layer.id, 80)),
    md(inert(layer.op, 24)),
    layer.tier,
    formatCount(layer.macs),
    formatCount(layer.parameters),
    quantityCell(layer.inference),
    quantityCell(layer.retraining.sgd),
    quantityCell(layer.retraining.solve),
    quantityCell(layer.retraining.incremental),
    breakEvenCell(layer.breakEvenRetrainings),
  ];
  return `| ${cells.join(' | ')} |`;
}

function budgetSection(budgets: readonly BudgetDocument[]): readonly string[] {
  if (budgets.length === 0) return [];
  const rows = budgets.map(
    (b) =>
      `| ${md(inert(b.scope))} | ${formatQuantity(b.limit)} per ${b.per} | ${b.actual === null ? nothing : formatFull(b.actual)} | ${budgetWords[b.status]}${md(worstLayers(b))} |`,
  );
  return ['## Budgets', '', '| scope | limit | estimate | status |', '| --- | --- | --- | --- |', ...rows, ''];
}

function fitSection(fit: FitDocument | null, stale: boolean, energy: EnergyDocument): readonly string[] {
  if (fit === null) return [];
  const evaluation =
    fit.evaluation === null
      ? 'Not evaluated.'
      : `${fit.evaluation.metric === 'accuracy' ? 'Accuracy' : 'Mean squared error'} on ${fit.evaluation.rows} ${md(inert(fit.evaluation.split))} rows: ${metricText(fit.evaluation, 'before')} before, **${metricText(fit.evaluation, 'after')}** after.`;
  const rows = fit.layers.map((l) =>
    [
      md(inert(l.id, 80)),
      formatCount(l.rows),
      numberCell(l.lambda),
      numberCell(l.conditionEstimate),
      numberCell(l.relativeResidual),
      String(l.refinementPasses),
      l.cycles === null ? nothing : formatCount(l.cycles),
      quantityCell(l.energy),
    ].join(' | '),
  );
  return [
    '## Last fit',
    '',
    `On ${md(inert(fit.backend.kind))} (${md(inert(fit.backend.device))}).${stale ? ' **Plan, model or data changed since.**' : ''} ${evaluation}`,
    '',
    ...fitEnergyMarkdown(fit, energy),
    '| layer | rows | lambda | condition | residual | passes | cycles | energy |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map((row) => `| ${row} |`),
    '',
  ];
}
