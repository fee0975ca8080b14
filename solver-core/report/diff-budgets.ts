import { formatFull, formatQuantity } from '../energy/format.ts';
import type { BudgetDocument, DiffDocument } from '../protocol/index.ts';
import { budgetLine, budgetWords, worstLayers } from './budget-line.ts';
import { inert, nothing } from './cells.ts';
import { md } from './markdown-text.ts';

/** One budget on both sides; at least one of them is there. */
interface BudgetPair {
  readonly before: BudgetDocument | undefined;
  readonly after: BudgetDocument | undefined;
}

/**
 * The budgets of the later side, each with the one of the earlier side that has its scope and counts the same; then those that the later
 * side has no more. A side that judges no budgets, a model or a plan with errors, took none away.
 */
function budgetPairs({ budgets }: DiffDocument): readonly BudgetPair[] {
  const left = [...(budgets?.before ?? [])];
  const pairs = (budgets?.after ?? []).map((after): BudgetPair => {
    const at = left.findIndex(({ scope, per }) => scope === after.scope && per === after.per);
    return { before: at < 0 ? undefined : left.splice(at, 1)[0], after };
  });
  const removed = budgets?.after == null ? [] : left.map((before): BudgetPair => ({ before, after: undefined }));
  return [...pairs, ...removed];
}

/** "2 met, 1 exceeded, 1 limit raised, 1 removed"; "" without any. */
export function budgetCounts(diff: DiffDocument): string {
  const pairs = budgetPairs(diff);
  const statuses = (['exceeded', 'uncertain', 'unknown', 'met'] as const).map(
    (status) => [pairs.filter(({ after }) => after?.status === status).length, status] as const,
  );
  const raised = pairs.filter(({ before, after }) => before !== undefined && after !== undefined && after.limit.value > before.limit.value);
  const removed = pairs.filter(({ after }) => after === undefined);
  return [
    ...statuses,
    [raised.length, raised.length === 1 ? 'limit raised' : 'limits raised'] as const,
    [removed.length, 'removed'] as const,
  ]
    .flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : []))
    .join(', ');
}

/** The budgets as rows of a Markdown table, `before → after` where limit or outcome changed; none without budgets. */
export function budgetMarkdown(diff: DiffDocument): readonly string[] {
  const pairs = budgetPairs(diff);
  if (pairs.length === 0) return [];
  const isCompared = diff.budgets?.before != null;
  const rows = pairs.map(({ before, after }) => {
    const scope = md(inert((after ?? before)?.scope ?? ''));
    if (after === undefined) return `| ${scope} | ${limitText(before)} | ${nothing} | **removed**, was ${wordOf(before)} |`;
    const actual = after.actual === null ? nothing : formatFull(after.actual);
    const isNew = isCompared && before === undefined ? 'new, ' : '';
    const was = before === undefined || before.status === after.status ? '' : `${wordOf(before)} → `;
    return `| ${scope} | ${changeOfLimit(before, after)} | ${actual} | ${isNew}${was}${budgetWords[after.status]}${md(worstLayers(after))} |`;
  });
  return ['| budget | limit | estimate | status |', '| --- | --- | --- | --- |', ...rows, ''];
}

/** The budgets as lines of text, with what became of each; none without budgets. */
export function budgetText(diff: DiffDocument): readonly string[] {
  const isCompared = diff.budgets?.before != null;
  return budgetPairs(diff).map(({ before, after }) => {
    if (after === undefined) return `removed: ${before === undefined ? '' : budgetLine(before)}`;
    const limit = before !== undefined && before.limit.value !== after.limit.value ? [`limit was ${formatQuantity(before.limit)}`] : [];
    const status = before !== undefined && before.status !== after.status ? [`was ${wordOf(before)}`] : [];
    const changes = isCompared && before === undefined ? ['new'] : [...limit, ...status];
    return `${budgetLine(after)}${changes.length === 0 ? '' : ` [${changes.join(', ')}]`}`;
  });
}

/** The one word that a status begins with. */
function wordOf(budget: BudgetDocument | undefined): string {
  return budget?.status ?? '';
}

function limitText(budget: BudgetDocument | undefined): string {
  return budget === undefined ? nothing : `${formatQuantity(budget.limit)} per ${budget.per}`;
}

function changeOfLimit(before: BudgetDocument | undefined, after: BudgetDocument): string {
  if (before === undefined || before.limit.value === after.limit.value) return limitText(after);
  return `${formatQuantity(before.limit)} → ${limitText(after)}`;
}
