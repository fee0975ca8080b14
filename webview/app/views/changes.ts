import type { ChangeView } from '../../messages/index.ts';
import { ratioOf } from '../compare.ts';
import type { PageContext } from '../context.ts';
import { h, icon } from '../dom.ts';
import { ratioText } from '../draw/joules.ts';
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

/** The factor between both energies; where the bands overlap it says that nothing is certain. */
export function factorSentence(change: Pick<ChangeView, 'energyBefore' | 'energyAfter' | 'kind'>, t: Translate): string {
  const ratio = ratioOf(change.energyBefore, change.energyAfter);
  if (ratio === null) return t('One of both has no figure, so that there is no factor.');
  if (ratio.value > 0.995 && ratio.value < 1.005) return t('The same energy.');
  const isLess = ratio.value > 1;
  const factor = ratioText(isLess ? ratio.value : 1 / ratio.value);
  const overlap = ratio.low <= 1 && ratio.high >= 1;
  if (overlap)
    return isLess
      ? t('{0}× less by the central values. The bands overlap; both rest on the same tables, which the bands cannot tell.', factor)
      : t('{0}× more by the central values. The bands overlap; both rest on the same tables, which the bands cannot tell.', factor);
  const [from, to] = isLess ? [ratio.low, ratio.high] : [1 / ratio.high, 1 / ratio.low];
  const range = Number.isFinite(to) ? t('{0}× to {1}×', ratioText(from), ratioText(to)) : t('at least {0}×', ratioText(from));
  return isLess ? t('{0}× less ({1} by the bands)', factor, range) : t('{0}× more ({1} by the bands)', factor, range);
}
