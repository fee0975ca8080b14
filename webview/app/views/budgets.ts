import type { ReportView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h, icon } from '../dom.ts';
import type { Translate } from '../strings.ts';
import { shortName } from '../text.ts';
import './budgets.css';

type Budget = ReportView['budgets'][number];

/** The budgets of the plan: limit, what the figures say, and whether it is kept; the exceeded ones first. */
export function budgetsView(budgets: readonly Budget[], context: PageContext): HTMLElement {
  const { t } = context;
  const order = ['exceeded', 'uncertain', 'unknown', 'met'];
  const sorted = budgets.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  return h(
    'section',
    { class: 'section card', 'aria-labelledby': 'budgets-heading' },
    h('h2', { id: 'budgets-heading' }, t('Budgets')),
    h(
      'table',
      { class: 'small-table budgets' },
      h('caption', { class: 'visually-hidden' }, t('Energy budgets and whether they are kept')),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...[t('Budget'), t('Limit'), t('Actual')].map((label, index) => h('th', { scope: 'col', class: index > 0 ? 'num' : '' }, label)),
        ),
      ),
      h('tbody', {}, ...sorted.map((budget) => budgetRow(budget, t))),
    ),
  );
}

function budgetRow(budget: Budget, t: Translate): HTMLElement {
  const { name, className, word } = statusLook(budget.status, t);
  return h(
    'tr',
    {},
    h(
      'th',
      { scope: 'row' },
      budget.scope,
      h('span', { class: 'budget-per muted' }, ` ${perText(budget.per, t)}`),
      h('span', { class: 'budget-status' }, icon(name, className), word),
      budget.detail !== undefined && h('span', { class: 'budget-detail muted' }, shortName(budget.detail, 300)),
    ),
    h('td', { class: 'num' }, budget.limit),
    h('td', { class: 'num' }, budget.actual),
  );
}

function perText(per: string, t: Translate): string {
  const known = new Map([
    ['inference', t('per inference')],
    ['layer', t('per layer')],
    ['fit', t('per fit')],
    ['update', t('per update')],
  ]);
  return known.get(per) ?? t('per {0}', per);
}

function statusLook(status: Budget['status'], t: Translate): { readonly name: string; readonly className: string; readonly word: string } {
  switch (status) {
    case 'met':
      return { name: 'pass', className: 'severity-good', word: t('met') };
    case 'exceeded':
      return { name: 'error', className: 'severity-error', word: t('exceeded') };
    case 'uncertain':
      return { name: 'warning', className: 'severity-warning', word: t('uncertain: the limit lies inside the error band') };
    case 'unknown':
      return { name: 'question', className: 'muted', word: t('unknown: there is no figure to compare') };
  }
}
