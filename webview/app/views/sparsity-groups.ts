import type { SparsityGroupView, SparsityView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h, svg } from '../dom.ts';
import { drawShares } from '../draw/shares.ts';
import './evidence.css';

/**
 * Zeros by block and by role, side by side where there is room: what the model makes by itself, and what the thresholds add. Null where
 * there is nothing to tell apart: one group is the whole model, which the headline tells.
 */
export function groupTables(result: NonNullable<SparsityView['result']>, context: PageContext): HTMLElement | null {
  const { t } = context;
  const { blocks, roles } = result;
  if (blocks.length <= 1 && roles.length <= 1) return null;
  return h(
    'section',
    { class: 'section', 'aria-labelledby': 'groups-heading' },
    h('h2', { id: 'groups-heading' }, t('Where the zeros are')),
    h('p', { class: 'legend' }, swatch('natural', t('by itself, behind a rectifier')), swatch('made', t('by thresholds'))),
    h(
      'div',
      { class: 'group-tables' },
      blocks.length > 1 && groupTable(t('Block'), t('Zeros by block'), blocks, context),
      roles.length > 1 && groupTable(t('Role'), t('Zeros by role'), roles, context),
    ),
  );
}

function groupTable(kind: string, caption: string, groups: readonly SparsityGroupView[], { t }: PageContext): HTMLElement {
  return h(
    'div',
    { class: 'table-scroll', tabindex: 0, role: 'group', 'aria-label': caption },
    h(
      'table',
      { class: 'small-table group-table' },
      h('caption', { class: 'visually-hidden' }, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, kind),
          h('th', { scope: 'col', class: 'num' }, t('Sites')),
          h('th', { scope: 'col', class: 'num' }, t('MACs')),
          h('th', { scope: 'col', class: 'num' }, t('By itself')),
          h('th', { scope: 'col', class: 'num' }, t('With thresholds')),
          h('td', {}),
        ),
      ),
      h(
        'tbody',
        {},
        ...groups.map((group) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, group.name),
            h('td', { class: 'num' }, group.sites),
            h('td', { class: 'num' }, group.macs),
            h('td', { class: 'num' }, group.naturalText),
            h('td', { class: 'num' }, group.zerosText),
            h('td', { class: 'share-cell' }, svg(drawShares(group.natural, group.zeros))),
          ),
        ),
      ),
    ),
  );
}

function swatch(form: 'natural' | 'made', text: string): HTMLElement {
  return h('span', { class: 'swatch-item' }, svg(drawShares(form === 'natural' ? 1 : 0, 1, 16)), text);
}
