import type { CompareView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h } from '../dom.ts';
import { shortName } from '../text.ts';
import { linkButton } from './actions.ts';
import { sourceDetails } from './figure.ts';

const maxNames = 200;

/** What two models come to beside each other: totals with factor and band, layers on one side only, notes, and the way back. */
export function compareBar(compare: CompareView, context: PageContext): HTMLElement {
  const { t, post } = context;
  const { total } = compare;
  const differ = compare.layers.filter((layer) => layer.status === 'changed').length;
  const figure = (name: string, value: CompareView['total']['before']): HTMLElement | null =>
    value === null
      ? null
      : h(
          'div',
          { class: 'stat' },
          h('dt', {}, name),
          h('dd', { class: 'stat-value' }, value.text),
          h('dd', { class: 'muted' }, value.bandText),
          h('dd', {}, sourceDetails(t, value)),
        );
  return h(
    'section',
    { class: 'section card compare', 'aria-labelledby': 'compare-title' },
    h(
      'div',
      { class: 'compare-head' },
      h('h2', { id: 'compare-title' }, t('Comparison')),
      h('span', {}, shortName(compare.title, 160)),
      linkButton(t('Compare with another…'), () => post({ kind: 'compare-model' }), { 'data-focus': 'compare-other' }),
      linkButton(t('End the comparison'), () => post({ kind: 'compare-model-end' }), { 'data-focus': 'compare-end' }),
    ),
    compare.running !== null && h('p', { class: 'muted' }, compare.running),
    compare.layers.length > 0 &&
      h(
        'dl',
        { class: 'stats' },
        figure(t('Energy per inference before'), total.before),
        figure(t('Energy per inference after'), total.after),
        total.factor !== '' &&
          h(
            'div',
            { class: 'stat' },
            h('dt', {}, t('After over before')),
            h('dd', { class: 'stat-value' }, total.factor),
            h('dd', { class: 'muted' }, total.factorBand),
            h('dd', { class: 'muted' }, t('same constants on both sides')),
          ),
        h(
          'div',
          { class: 'stat' },
          h('dt', {}, t('Layers that differ')),
          h('dd', { class: 'stat-value' }, t('{0} of {1}', differ, compare.layers.length)),
        ),
      ),
    onlyList(t('Only before'), compare, 'removed'),
    onlyList(t('Only after'), compare, 'added'),
    compare.notes.length > 0 && h('ul', { class: 'compare-notes muted' }, ...compare.notes.map((note) => h('li', {}, note))),
  );
}

function onlyList(title: string, compare: CompareView, status: 'added' | 'removed'): HTMLElement | null {
  const found = compare.layers.filter((layer) => layer.status === status);
  if (found.length === 0) return null;
  const names = found.slice(0, maxNames).map((layer) => shortName(layer.id, 80));
  const rest = found.length > maxNames ? ` (+${found.length - maxNames})` : '';
  return h('p', {}, h('strong', {}, `${title} (${found.length}): `), `${names.join(', ')}${rest}`);
}
