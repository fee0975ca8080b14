import type { ReportView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h } from '../dom.ts';
import './assumptions.css';

/** What the figures assume; the assumptions that decide most of the result come first and say so. */
export function assumptionsView(assumptions: ReportView['assumptions'], context: PageContext): HTMLElement {
  const { t } = context;
  const sorted = assumptions.toSorted((a, b) => Number(b.dominates) - Number(a.dominates));
  return h(
    'section',
    { class: 'section', 'aria-labelledby': 'assumptions-heading' },
    h('h2', { id: 'assumptions-heading' }, t('Assumptions')),
    h(
      'ul',
      { class: 'plain-list assumptions' },
      ...sorted.map((assumption) =>
        h(
          'li',
          { class: assumption.dominates ? 'dominates' : '' },
          h(
            'p',
            { class: 'assumption-name' },
            // The solver core speaks English, whatever the page does: said, so that it is read out as such.
            h('span', { lang: 'en' }, assumption.name),
            assumption.dominates && h('span', { class: 'assumption-tag' }, t('decides most of the result')),
          ),
          h('p', { class: 'muted', lang: 'en' }, assumption.text),
        ),
      ),
    ),
  );
}
