import type { OptimisePoint, OptimiseView } from '../../messages/index.ts';
import { choosePoint, isAllowed, isDoubtful } from '../choose.ts';
import type { PageContext } from '../context.ts';
import { h, icon } from '../dom.ts';
import { shortName } from '../text.ts';
import './evidence.css';
import { figureCell } from './figure.ts';

/** The picture as a table: every point with its figures, the chosen one marked, by saving. */
export function pointsTable(view: OptimiseView, maxDrop: number, context: PageContext): HTMLElement {
  const { t } = context;
  const chosen = choosePoint(view.points, maxDrop);
  const rows = view.points.toSorted((a, b) => b.saving - a.saving);
  return h(
    'div',
    { class: 'table-scroll', tabindex: 0, role: 'group', 'aria-label': t('Points') },
    h(
      'table',
      { class: 'small-table points-table' },
      h('caption', { class: 'visually-hidden' }, t('Everything that was tried, the largest saving first')),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, t('Tried')),
          h('th', { scope: 'col', class: 'num' }, t('Saved')),
          h('th', { scope: 'col', class: 'num' }, t('Multiply-adds')),
          h('th', { scope: 'col', class: 'num' }, view.metric === 'accuracy' ? t('Accuracy') : t('Error')),
          h('th', { scope: 'col', class: 'num' }, t('Loss')),
          h('th', { scope: 'col' }, t('State')),
        ),
      ),
      h(
        'tbody',
        {},
        ...rows.map((point) =>
          h(
            'tr',
            { class: point.id === chosen?.id ? 'chosen-row' : '' },
            h('th', { scope: 'row' }, shortName(point.label, 80)),
            h('td', { class: 'num' }, point.savingText),
            h('td', { class: 'num' }, ...figureCell(t, point.energy)),
            h('td', { class: 'num' }, point.qualityText),
            h('td', { class: 'num' }, point.dropText),
            h('td', {}, ...stateOf(point, point.id === chosen?.id, maxDrop, context)),
          ),
        ),
      ),
    ),
    rows.some((point) => isDoubtful(point, maxDrop)) && h('p', { class: 'muted' }, doubtText(t)),
  );
}

/** What is meant by doubtful; the reports of the command say it in the same words. */
export function doubtText(t: PageContext['t']): string {
  return t('Doubtful: little was lost, but the model is so much less sure of the right answers that luck must have had a part in it.');
}

function stateOf(point: OptimisePoint, chosen: boolean, maxDrop: number, { t }: PageContext): (HTMLElement | string)[] {
  if (chosen) return [icon('check'), ' ', t('chosen')];
  if (point.kind === 'baseline') return [t('to compare with')];
  if (isDoubtful(point, maxDrop)) return [t('doubtful')];
  return [isAllowed(point, maxDrop) ? t('allowed') : t('beyond the allowed loss')];
}
