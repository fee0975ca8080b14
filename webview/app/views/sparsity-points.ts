import type { SparsityPointView } from '../../messages/index.ts';
import { choosePoint, isAllowed, isDoubtful } from '../choose.ts';
import type { PageContext } from '../context.ts';
import { h, icon } from '../dom.ts';
import { shortName } from '../text.ts';
import './evidence.css';
import { triedPoints, unsureText, type SparsityTried } from './sparsity-curve.ts';

/** The picture as a table: every point with its figures, the chosen one marked, the most zeros first. */
export function sparsityPointsTable(points: readonly SparsityPointView[], maxLoss: number, { t }: PageContext): HTMLElement {
  const tried = triedPoints(points);
  const chosen = choosePoint(tried, maxLoss);
  const rows = tried.toSorted((a, b) => b.saving - a.saving);
  return h(
    'div',
    { class: 'table-scroll', tabindex: 0, role: 'group', 'aria-label': t('Points') },
    h(
      'table',
      { class: 'small-table points-table' },
      h('caption', { class: 'visually-hidden' }, t('Everything that was tried, the most zeros first')),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, t('Tried')),
          h('th', { scope: 'col', class: 'num' }, t('Zeros')),
          h('th', { scope: 'col', class: 'num' }, t('Loss')),
          h('th', { scope: 'col', class: 'num' }, t('Increase')),
          h('th', { scope: 'col' }, t('State')),
        ),
      ),
      h(
        'tbody',
        {},
        ...rows.map((row) => {
          const isChosen = row.id === chosen?.id;
          return h(
            'tr',
            { class: isChosen ? 'chosen-row' : '' },
            h('th', { scope: 'row' }, shortName(row.label, 80)),
            h('td', { class: 'num' }, row.point.sparsityText),
            h('td', { class: 'num' }, row.point.lossText),
            h('td', { class: 'num' }, row.point.increaseText),
            h('td', {}, ...stateOf(row, isChosen, maxLoss, t)),
          );
        }),
      ),
    ),
    rows.some((row) => isDoubtful(row, maxLoss)) && h('p', { class: 'muted' }, unsureText(t)),
  );
}

function stateOf(row: SparsityTried, chosen: boolean, maxLoss: number, t: PageContext['t']): (HTMLElement | string)[] {
  if (chosen) return [icon('check'), ' ', t('chosen')];
  if (row.kind === 'baseline') return [t('to compare with')];
  if (isDoubtful(row, maxLoss)) return [t('not sure')];
  return [isAllowed(row, maxLoss) ? t('allowed') : t('beyond the allowed loss')];
}
