import type { BudgetDocument } from '../solver-core/protocol/index.ts';
import type { Translate } from './format.ts';

/** How the budgets of a plan stand all together: the worst of them decides. */
export interface BudgetState {
  readonly status: BudgetDocument['status'];
  /** A codicon without its signs. */
  readonly icon: string;
  /** Short, for a status bar: "over budget". */
  readonly text: string;
  /** A sentence for tooltips and screen readers. */
  readonly spoken: string;
}

const order: readonly BudgetDocument['status'][] = ['exceeded', 'uncertain', 'unknown', 'met'];

/** Null for a plan without budgets. */
export function budgetState(budgets: readonly Pick<BudgetDocument, 'status'>[], t: Translate): BudgetState | null {
  const status = order.find((one) => budgets.some((budget) => budget.status === one));
  if (status === undefined) return null;
  const count = budgets.filter((budget) => budget.status === status).length;
  const all = budgets.length;
  switch (status) {
    case 'exceeded':
      return { status, icon: 'error', text: t('over budget'), spoken: t('{0} of {1} budgets exceeded', count, all) };
    case 'uncertain':
      return {
        status,
        icon: 'warning',
        text: t('budget uncertain'),
        spoken: t('{0} of {1} budgets uncertain: the limit lies inside the error band', count, all),
      };
    case 'unknown':
      return {
        status,
        icon: 'question',
        text: t('budget unknown'),
        spoken: t('{0} of {1} budgets unknown: a figure is missing', count, all),
      };
    case 'met':
      return {
        status,
        icon: 'pass',
        text: t('within budget'),
        spoken: all === 1 ? t('the budget is met') : t('all {0} budgets are met', all),
      };
  }
}
