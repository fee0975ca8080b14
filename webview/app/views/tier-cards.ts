import '@vscode-elements/elements/dist/vscode-badge/index.js';
import type { TierView, TiersView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import type { Child } from '../dom.ts';
import { h, hiddenText, listen } from '../dom.ts';
import { toggled } from '../state.ts';
import { shortName } from '../text.ts';
import { actionButton, layerLink, linkButton } from './actions.ts';
import './tier-cards.css';

/** Layers a card lists at once; the plan has them all. */
const maxLayers = 100;

/** One card per tier, the lower ones first as data flows through the model, then what is frozen. */
export function tierCards(
  tiers: readonly TierView[],
  frozen: readonly string[],
  learning: TiersView['learning'],
  context: PageContext,
): readonly Child[] {
  const rank = (tier: TierView): number => (tier.kind === 'lower' ? 0 : 1);
  const sorted = tiers.toSorted((a, b) => rank(a) - rank(b));
  return [...sorted.map((tier, index) => tierCard(tier, index, learning, context)), frozen.length > 0 && frozenCard(frozen, context)];
}

function tierCard(tier: TierView, index: number, learning: TiersView['learning'], context: PageContext): HTMLElement {
  const { t } = context;
  const heading = `tier-${index}`;
  return h(
    'section',
    { class: `section card tier-card tier-card-${tier.kind}`, 'aria-labelledby': heading },
    h(
      'h2',
      { id: heading, class: 'heading-row' },
      h(
        'span',
        {},
        tier.kind === 'lower' ? t('Lower tier') : t('Upper tier'),
        ' ',
        h('span', { class: 'tier-name', title: tier.name }, shortName(tier.name, 60)),
      ),
      countBadge(tier.layers.length, context),
    ),
    h('p', { class: 'muted' }, tier.kind === 'lower' ? t('Solved directly, in one step') : t('Learns incrementally, never from scratch')),
    layerList(tier.layers, context),
    tier.kind === 'upper' && learnRow(tier, learning, context),
  );
}

/** How the upper tier learns: the button, and how the newest run stands. */
function learnRow(tier: TierView, learning: TiersView['learning'], context: PageContext): HTMLElement {
  const { t } = context;
  const isRunning = learning?.running === true;
  return h(
    'div',
    { class: 'tier-learn' },
    isRunning
      ? actionButton(context, { label: t('Stop and keep'), command: 'stop-learning', kind: 'secondary', block: true })
      : actionButton(context, {
          label: t('Learn from data…'),
          command: 'learn',
          kind: 'secondary',
          block: true,
          disabled: tier.canLearn !== true,
        }),
    learning !== null &&
      learning !== undefined &&
      h(
        'p',
        { class: 'muted' },
        linkButton(t('Learning'), () => context.post({ kind: 'command', command: 'open-learning' }), { 'data-focus': 'open-learning' }),
        ` ${learning.text}`,
      ),
  );
}

function frozenCard(frozen: readonly string[], context: PageContext): HTMLElement {
  const { t, store } = context;
  const details = h(
    'details',
    { class: 'card tier-card tier-card-frozen', open: store.get().open.includes('frozen') },
    h(
      'summary',
      { 'data-focus': 'frozen' },
      h('span', { class: 'summary-title' }, t('Frozen'), ' ', h('span', { class: 'muted' }, t('left alone'))),
      countBadge(frozen.length, context),
    ),
    layerList(frozen, context),
  );
  return listen(details, 'toggle', () => store.set({ open: toggled(store.get().open, 'frozen', details.open) }));
}

function countBadge(count: number, context: PageContext): HTMLElement {
  return h(
    'span',
    { class: 'count' },
    h('vscode-badge', { variant: 'counter', 'aria-hidden': 'true' }, String(count)),
    hiddenText(count === 1 ? context.t('1 layer') : context.t('{0} layers', count)),
  );
}

function layerList(layers: readonly string[], context: PageContext): HTMLElement {
  const rest = layers.length - maxLayers;
  return h(
    'ul',
    { class: 'plain-list tier-layers' },
    ...layers.slice(0, maxLayers).map((id) => h('li', {}, layerLink(context, id))),
    rest > 0 && h('li', { class: 'muted' }, context.t('{0} more in the plan', rest)),
  );
}
