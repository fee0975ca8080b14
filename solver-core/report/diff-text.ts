import { formatCount, formatFull, sourceLegend } from '../energy/format.ts';
import type { DiffDocument, DiffLayer, DiffSide } from '../protocol/index.ts';
import type { Column } from './cells.ts';
import { inert, nothing, quantityCell, textTable } from './cells.ts';
import { diagnosticLine } from './check-text.ts';
import { budgetText } from './diff-budgets.ts';
import { changeCell, changeRange, diffLegend, diffTotals, layerCounts, qualityLine, savingLine } from './diff-cells.ts';

const totalColumns: readonly Column[] = [
  { title: 'total', align: 'left' },
  { title: 'before', align: 'left' },
  { title: 'after', align: 'left' },
  { title: 'change', align: 'right' },
  { title: 'by table', align: 'right' },
];

const layerColumns: readonly Column[] = [
  { title: '', align: 'left' },
  { title: 'layer', align: 'left' },
  { title: 'op', align: 'left' },
  { title: 'tier', align: 'left' },
  { title: 'parameters', align: 'right' },
  { title: 'inference', align: 'right' },
  { title: 'change', align: 'right' },
  { title: 'by table', align: 'right' },
  { title: 'solve', align: 'right' },
  { title: 'change', align: 'right' },
];

const marks: Readonly<Record<DiffLayer['status'], string>> = { same: ' ', changed: '~', added: '+', removed: '-' };

/** The comparison for a terminal: totals, layers, accuracy, budgets of the later side, findings. Ends with a newline. */
export function diffText(diff: DiffDocument): string {
  const totals = diffTotals(diff).map(({ name, figure }) => [
    name,
    figure.before === null ? nothing : formatFull(figure.before),
    figure.after === null ? nothing : formatFull(figure.after),
    changeCell(figure.change),
    changeRange(figure),
  ]);
  const budgets = budgetText(diff);
  const saving = savingLine(diff);
  return [
    `Energy on ${inert(diff.target)}`,
    `  before  ${sideLine(diff.before)}`,
    `  after   ${sideLine(diff.after)}`,
    '',
    ...textTable(totalColumns, totals),
    '',
    `Layers: ${layerCounts(diff.layers)}`,
    ...(diff.layers.some((layer) => layer.status !== 'same') ? ['', ...textTable(layerColumns, diff.layers.map(layerRow)), ''] : ['']),
    `${capital(qualityLine(diff))}.`,
    ...(saving === undefined ? [] : [`${inert(saving, 1000)}.`]),
    ...(budgets.length === 0 ? [] : ['', 'Budgets, after', ...budgets.map((line) => `  ${line}`)]),
    '',
    ...diff.diagnostics.map(diagnosticLine),
    ...(diff.diagnostics.length === 0 ? [] : ['']),
    '~ changed, + added, - removed. SGD: gradient descent from the start. solve: direct, one step.',
    diffLegend,
    sourceLegend,
    '',
  ].join('\n');
}

function sideLine({ name, sha256, model }: DiffSide): string {
  return `${inert(name, 4096)}  ${(model?.sha256 ?? sha256).slice(0, 12)}`;
}

function layerRow(layer: DiffLayer): readonly string[] {
  const { inference, retraining } = layer;
  return [
    marks[layer.status],
    inert(layer.id, 40) + (layer.idBefore === undefined ? '' : ` (was ${inert(layer.idBefore, 40)})`),
    inert(layer.op, 24),
    both(layer.tier.before, layer.tier.after),
    both(counted(layer.parameters.before), counted(layer.parameters.after)),
    quantityCell(inference.after ?? inference.before),
    changeCell(inference.change),
    changeRange(inference),
    quantityCell(retraining.solve.after ?? retraining.solve.before),
    changeCell(retraining.solve.change),
  ];
}

function counted(count: number | null): string | null {
  return count === null ? null : formatCount(count);
}

/** "a → b", or one of them where they are the same or only one is known. */
function both(before: string | null, after: string | null): string {
  if (before === null || after === null || before === after) return after ?? before ?? '';
  return `${before} → ${after}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
