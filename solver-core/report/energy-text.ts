import { formatCount, formatFull, sourceLegend } from '../energy/format.ts';
import { sum } from '../energy/quantity.ts';
import type { BudgetDocument, EnergyDocument } from '../protocol/documents.ts';
import type { Quantity } from '../protocol/quantity.ts';
import type { Column } from './cells.ts';
import { breakEvenCell, counted, fileName, inert, noLayers, nothing, quantityCell, textTable, totalMacs } from './cells.ts';
import { budgetLine } from './budget-line.ts';
import { settingText } from './setting-text.ts';
import { evidenceText } from './energy-evidence.ts';

const columns: readonly Column[] = [
  { title: 'layer', align: 'left' },
  { title: 'op', align: 'left' },
  { title: 'tier', align: 'left' },
  { title: 'MACs', align: 'right' },
  { title: 'parameters', align: 'right' },
  { title: 'inference', align: 'right' },
  { title: 'SGD', align: 'right' },
  { title: 'solve', align: 'right' },
  { title: 'incremental', align: 'right' },
  { title: 'break-even', align: 'left' },
];

/**
 * The energy document for a terminal: a table with one line per layer and the totals, the totals with their bands, budgets,
 * what dominates the bands, findings, and a legend. Ends with a newline.
 */
export function energyText(energy: EnergyDocument, budgets: readonly BudgetDocument[] = energy.budgets ?? []): string {
  const { totals } = energy;
  const rows = energy.layers.map((layer) => [
    inert(layer.id, 40),
    inert(layer.op, 24),
    layer.tier,
    formatCount(layer.macs),
    formatCount(layer.parameters),
    quantityCell(layer.inference),
    quantityCell(layer.retraining.sgd),
    quantityCell(layer.retraining.solve),
    quantityCell(layer.retraining.incremental),
    breakEvenCell(layer.breakEvenRetrainings),
  ]);
  const total = [
    'total',
    '',
    '',
    totalMacs(energy),
    formatCount(totals.parameters),
    quantityCell(totals.inference),
    quantityCell(totals.retraining.sgd),
    quantityCell(totals.retraining.solve),
    quantityCell(totals.retraining.incremental),
    breakEvenCell(totals.breakEvenRetrainings),
  ];
  const table = textTable(columns, [...rows, total]);
  const plan = energy.plan === null ? '' : `, plan ${fileName(energy.plan)}`;
  return [
    `Energy of ${fileName(energy.model)} on ${inert(energy.target)}${plan}`,
    '',
    ...(energy.layers.length === 0 ? [noLayers] : [...table.slice(0, -1), table[1] ?? '', table.at(-1) ?? '', '', ...totalLines(energy)]),
    ...settingText(energy),
    ...(budgets.length === 0 ? [] : ['', 'Budgets', ...budgets.map((budget) => `  ${budgetLine(budget)}`)]),
    ...evidenceText(energy),
    '',
    ...(energy.layers.length === 0 ? [] : dominating(energy)),
    ...energy.diagnostics.map((d) => `${d.severity}: ${d.code}: ${inert(d.message, 400)}`),
    sourceLegend,
    'SGD: gradient descent from the start. solve: direct, one step. incremental: one update. break-even: retrainings until solve and',
    `updates have used less than SGD. MACs are multiply-adds of one run. "${nothing}": does not apply or is not known.`,
    '',
  ].join('\n');
}

function totalLines(energy: EnergyDocument): readonly string[] {
  const { totals } = energy;
  const line = (name: string, q: Quantity | null): string => `${name.padEnd(22)} ${q === null ? nothing : formatFull(q)}`;
  return [
    line('per inference', totals.inference),
    ...partLine(energy),
    ...zerosLine(energy),
    line('to retrain, SGD', totals.retraining.sgd),
    line('to retrain, solve', totals.retraining.solve),
    line('to update', totals.retraining.incremental),
  ];
}

/** What one inference of the whole model goes into, the largest part first; none where a layer has no figure. */
function partLine({ layers, totals }: EnergyDocument): readonly string[] {
  if (totals.inference === null) return [];
  const parts = new Map<string, Quantity<'J'>[]>();
  for (const { name, energy } of layers.flatMap(({ components }) => components)) parts.set(name, [...(parts.get(name) ?? []), energy]);
  const sums = [...parts].map(([name, energies]) => ({ name, energy: sum(energies) })).sort((a, b) => b.energy.value - a.energy.value);
  if (sums.length < 2) return [];
  return [`${'  of which'.padEnd(22)} ${sums.map(({ name, energy }) => `${inert(name, 40)} ${quantityCell(energy)}`).join(', ')}`];
}

/** What became of zeros that were measured; none where there are none. */
function zerosLine({ assumptions }: EnergyDocument): readonly string[] {
  return assumptions.filter(({ name }) => name === 'zeros').map(({ name, text }) => `  ${name}`.padEnd(23) + inert(text, 400));
}

function dominating(energy: EnergyDocument): readonly string[] {
  const list = energy.assumptions.filter((a) => a.dominates);
  const others = energy.assumptions.length - list.length;
  if (energy.assumptions.length === 0) return [];
  return [
    'What makes the bands wide',
    ...list.map((a) => `  ${inert(a.name)}: ${inert(a.text, 400)}`),
    `  and ${counted(others, 'more assumption')} (--format md or html lists them all).`,
    '',
  ];
}
