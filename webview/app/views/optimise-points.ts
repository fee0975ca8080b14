import type { OptimisePoint, OptimiseView } from '../../messages/index.ts';
import { choosePoint, isAllowed } from '../choose.ts';
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
  );
}

function stateOf(point: OptimisePoint, chosen: boolean, maxDrop: number, { t }: PageContext): (HTMLElement | string)[] {
  if (chosen) return [icon('check'), ' ', t('chosen')];
  if (point.kind === 'baseline') return [t('to compare with')];
  if (point.doubted) return [t('doubtful: luck had a part in it')];
  return [isAllowed(point, maxDrop) ? t('allowed') : t('beyond the allowed loss')];
}
