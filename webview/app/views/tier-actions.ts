import type { PageCommand, TiersView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import type { Child } from '../dom.ts';
import { h, hiddenText } from '../dom.ts';
import { createSlot } from '../slot.ts';
import { baseName, shortName } from '../text.ts';
import { actionButton, linkButton } from './actions.ts';
import { createFitAction } from './fit-action.ts';
import { beforeAfter, staleBadge } from './fit-result.ts';
import './tier-actions.css';

/** What can be done with the plan as it stands: fit, learn, and the searches; and how the newest fit and learning run went. */
export interface TierActions {
  /** The one button that everybody needs, for a place of its own. */
  readonly fit: HTMLElement;
  readonly element: HTMLElement;
  readonly update: (view: TiersView) => void;
}

export function createTierActions(context: PageContext): TierActions {
  const fit = createFitAction(context);
  const more = createSlot(h('div', { class: 'more-actions' }));
  const result = createSlot(h('div'));
  const facts = createSlot(h('div'));
  return {
    fit: h('div', { class: 'tier-fit' }, fit.element),
    element: h('div', { class: 'tier-actions' }, more.element, result.element, facts.element),
    update: (view) => {
      fit.update(view);
      more.show([view.learning, view.tiers], () => moreActions(view, context));
      result.show([view.lastFit, view.plan, view.learning], () => [resultView(view, context)]);
      facts.show([view.plan, view.model, view.backend, view.target], () => [factsView(view, context)]);
    },
  };
}

function moreActions(view: TiersView, context: PageContext): readonly Child[] {
  const { t } = context;
  const button = (label: string, command: PageCommand, disabled = false): HTMLElement =>
    actionButton(context, { label, command, kind: 'secondary', block: true, disabled });
  const learn =
    view.learning?.running === true
      ? button(t('Stop and keep'), 'stop-learning')
      : button(t('Learn from data…'), 'learn', !view.tiers.some((tier) => tier.canLearn === true));
  return [learn, button(t('Optimise energy…'), 'optimise'), button(t('Sparsify…'), 'sparsify'), button(t('Compound…'), 'run-compound')];
}

function resultView(view: TiersView, context: PageContext): HTMLElement {
  const { t } = context;
  const { lastFit, learning } = view;
  const link = (label: string, command: PageCommand): HTMLElement =>
    linkButton(label, () => context.post({ kind: 'command', command }), { 'data-focus': command });
  const run =
    learning !== null && learning !== undefined && h('p', { class: 'muted' }, link(t('Learning'), 'open-learning'), ` ${learning.text}`);
  const links = h(
    'div',
    { class: 'tiers-links' },
    link(t('Energy report'), 'open-report'),
    lastFit !== null && link(t('Fitted model'), 'open-fitted'),
    lastFit !== null && link(t('Undo fit'), 'undo-fit'),
    lastFit !== null && link(t('Compare fits'), 'compare-fits'),
  );
  if (lastFit === null) return h('section', { class: 'tier-result', 'aria-label': t('Results') }, run, links);
  return h(
    'section',
    { class: 'tier-result', 'aria-labelledby': 'last-fit' },
    h('h2', { id: 'last-fit', class: 'heading-row' }, t('Last fit'), lastFit.stale && staleBadge(t)),
    beforeAfter(t, lastFit.before, lastFit.after),
    lastFit.detail !== undefined && h('p', { class: 'muted' }, lastFit.detail),
    run,
    links,
  );
}

/** What a fit works on and where it runs. */
function factsView(view: TiersView, context: PageContext): HTMLElement {
  const { t } = context;
  const fact = (name: string, value: Child, title?: string): HTMLElement =>
    h('div', { class: 'fact' }, h('dt', {}, name), h('dd', { title }, value));
  const plan =
    view.plan !== null &&
    linkButton(shortName(baseName(view.plan), 60), () => context.post({ kind: 'command', command: 'open-plan' }), {
      'data-focus': 'open-plan',
      title: t('Open {0}', view.plan),
    });
  return h(
    'dl',
    { class: 'tiers-facts' },
    plan !== false && fact(t('Plan'), h('span', {}, hiddenText(`${t('Open')} `), plan)),
    view.model !== null && fact(t('Model'), shortName(baseName(view.model), 60), view.model),
    fact(t('Backend'), shortName(view.backend, 60)),
    fact(t('Target'), shortName(view.target, 60)),
  );
}
