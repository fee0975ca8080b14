import { formatFull, formatQuantity } from '../energy/format.ts';
import type { BudgetDocument } from '../protocol/documents.ts';
import { inert } from './cells.ts';

/** What each status of a budget means, in words that stand after the scope. */
export const budgetWords: Readonly<Record<BudgetDocument['status'], string>> = {
  met: 'met',
  uncertain: 'uncertain: the central value is within, the high end is not',
  exceeded: 'exceeded',
  unknown: 'unknown: a figure is missing',
};

/** "model, 15 µJ per inference: met, 9.1 µJ (1.7-14 µJ, assumed)". */
export function budgetLine(budget: BudgetDocument): string {
  const actual = budget.actual === null ? '' : `, ${formatFull(budget.actual)}`;
  return `${inert(budget.scope)}, ${formatQuantity(budget.limit)} per ${budget.per}: ${budgetWords[budget.status]}${actual}${worstLayers(budget)}`;
}

/** Layers a line names. */
const mostNamed = 3;

/** " (/fc1/Gemm, /fc2/Gemm, /fc3/Gemm and 4 more of 9 layers)": the layers that give a budget per layer its outcome; "" when it is met. */
export function worstLayers({ ofLayers, status }: BudgetDocument): string {
  if (ofLayers === undefined || status === 'met') return '';
  const worst = ofLayers.worst.filter((layer) => layer.status === status).slice(0, mostNamed);
  if (worst.length === 0) return '';
  const more = ofLayers[status] > worst.length ? ` and ${ofLayers[status] - worst.length} more of ${ofLayers.total} layers` : '';
  return ` (${worst.map(({ id }) => inert(id, 48)).join(', ')}${more})`;
}
