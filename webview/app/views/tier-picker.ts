import type { TierGoalView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { fill, h, listen } from '../dom.ts';
import { newTierName, tierLetter } from '../tiers-goals.ts';
import type { TiersState } from '../tiers-state.ts';
import { shortName } from '../text.ts';

/** Asks which tier of a kind is meant, or how a new one is called. Closed, it takes no room. */
export interface TierPicker {
  readonly element: HTMLElement;
  readonly open: (kind: 'lower' | 'upper' | 'new') => void;
}

/** `onChoose`: a tier was chosen. `onClose`: back to the list. */
export function createTierPicker(
  context: PageContext,
  state: TiersState,
  onChoose: (goal: TierGoalView) => void,
  onClose: () => void,
): TierPicker {
  const { t } = context;
  const element = h('div', { class: 'tier-picker', role: 'group', hidden: true });
  const close = (): void => {
    element.hidden = true;
    fill(element);
    onClose();
  };
  const choose = (goal: TierGoalView): void => {
    close();
    onChoose(goal);
  };
  listen(element, 'keydown', (event) => {
    if (!(event instanceof KeyboardEvent) || event.key !== 'Escape') return;
    event.stopPropagation();
    close();
  });
  return {
    element,
    open: (kind) => {
      element.setAttribute('aria-label', kind === 'new' ? t('New tier') : t('Which tier'));
      const existing = kind === 'new' ? [] : state.tiers.filter((tier) => tier.kind === kind);
      const buttons = existing.map((tier) =>
        listen(
          h(
            'button',
            { type: 'button', class: 'tool' },
            h('span', { class: `tier-letter tier-letter-${tier.kind}`, 'aria-hidden': 'true' }, tierLetter(tier.kind)),
            shortName(tier.name, 40),
          ),
          'click',
          () => choose(tier),
        ),
      );
      const label = kind === 'new' ? t('New tier') : kind === 'lower' ? t('Which lower tier?') : t('Which upper tier?');
      fill(
        element,
        h('span', {}, label),
        ...buttons,
        ...newTier(context, state, kind === 'new' ? ['lower', 'upper'] : [kind], choose),
        listen(h('button', { type: 'button', class: 'tool' }, t('Cancel')), 'click', close),
      );
      element.hidden = false;
      const first = kind === 'new' ? element.querySelector('input') : element.querySelector('button');
      first?.focus();
      if (first instanceof HTMLInputElement) first.select();
    },
  };
}

/** A name for a new tier, its kind where there is a choice, and the button that makes it. */
function newTier(
  { t }: PageContext,
  state: TiersState,
  kinds: readonly ('lower' | 'upper')[],
  choose: (goal: TierGoalView) => void,
): HTMLElement[] {
  const [first = 'lower'] = kinds;
  const name = h('input', {
    class: 'picker-name',
    value: newTierName(state.tiers, first),
    'aria-label': t('Name of the new tier'),
    maxlength: 60,
    spellcheck: 'false',
  });
  const kind = h(
    'select',
    { class: 'tier-sort', 'aria-label': t('Kind of the new tier'), hidden: kinds.length < 2 },
    ...kinds.map((one) => h('option', { value: one }, one === 'lower' ? t('Lower tier') : t('Upper tier'))),
  );
  const kindOf = (): 'lower' | 'upper' => kinds.find((one) => one === kind.value) ?? first;
  listen(kind, 'change', () => (name.value = newTierName(state.tiers, kindOf())));
  const create = (): void => {
    if (name.value.trim() !== '') choose({ kind: kindOf(), name: name.value.trim() });
  };
  listen(name, 'keydown', (event) => {
    if (event instanceof KeyboardEvent && event.key === 'Enter' && !event.isComposing) create();
  });
  return [kind, name, listen(h('button', { type: 'button', class: 'tool' }, t('Create')), 'click', create)];
}
