import type { ChangeView } from '../../messages/index.ts';
import { factorSentence } from '../compare.ts';
import type { PageContext } from '../context.ts';
import { h, icon } from '../dom.ts';
import { figureKeys } from '../report-figures.ts';
import type { Translate } from '../strings.ts';
import { shortName } from '../text.ts';
import { figureButton } from './figure-button.ts';
import { beforeAfter, staleBadge } from './fit-result.ts';
import './changes.css';

/** What was changed: energy and quality before and after, side by side, with the factor and what the bands leave of it. */
export function changesView(changes: readonly ChangeView[], context: PageContext): HTMLElement {
  const { t } = context;
  return h(
    'section',
    { class: 'section', 'aria-labelledby': 'changes-heading' },
    h('h2', { id: 'changes-heading' }, t('Before and after')),
    h('div', { class: 'changes' }, ...changes.map((change, index) => changeCard(change, index, t))),
  );
}

function changeCard(change: ChangeView, index: number, t: Translate): HTMLElement {
  const name = { fit: t('Fit'), select: t('Selected weights'), sparsify: t('Sparse activations') }[change.kind];
  const column = (which: 'before' | 'after', label: string, energy: ChangeView['energyBefore']): HTMLElement =>
    h('div', {}, h('dt', {}, label), h('dd', {}, ...figureButton(t, energy, figureKeys.change(index, which), 'change')));
  const [before, after] = change.kind === 'fit' ? [t('by gradient descent'), t('by this solve')] : [t('before'), t('after')];
  return h(
    'div',
    { class: 'card change' },
    h('h3', { class: 'heading-row' }, name, change.stale && staleBadge(t)),
    h('p', { class: 'muted' }, shortName(change.of, 200)),
    h('dl', { class: 'change-energy' }, column('before', before, change.energyBefore), column('after', after, change.energyAfter)),
    h('p', { class: 'change-factor' }, factorSentence(change, t)),
    change.saving !== '' && h('p', { class: 'muted' }, change.saving),
    change.qualityAfter !== '' && beforeAfter(t, change.qualityBefore, change.qualityAfter),
    change.quality !== '' && h('p', { class: 'muted' }, [change.quality, change.rowsText].filter((part) => part !== '').join(', ')),
    change.qualityAfter === '' &&
      h('p', { class: 'note' }, icon('info', 'severity-info'), h('span', {}, t('The quality was not evaluated.'))),
  );
}
