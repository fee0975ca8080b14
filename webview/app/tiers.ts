import type { TiersView } from '../messages/index.ts';
import type { PageContext } from './context.ts';
import type { Child } from './dom.ts';
import { fill, h, hiddenText } from './dom.ts';
import { startPage } from './page.ts';
import { createSlot } from './slot.ts';
import { baseName, shortName } from './text.ts';
import './tiers.css';
import { actionButton, linkButton } from './views/actions.ts';
import { beforeAfter, staleBadge } from './views/fit-result.ts';
import { createFitAction } from './views/fit-action.ts';
import { pageHeader } from './views/header.ts';
import { tierCards } from './views/tier-cards.ts';

startPage({ page: 'tiers', title: 'Tiers', select: (message) => (message.kind === 'tiers' ? message.view : null), mount });

function mount(root: HTMLElement, context: PageContext): (view: TiersView) => string {
  const header = createSlot(h('div'));
  const facts = createSlot(h('div'));
  const action = createFitAction(context);
  const optimise = h(
    'div',
    { class: 'section' },
    actionButton(context, {
      label: context.t('Optimise energy…'),
      command: 'optimise',
      kind: 'secondary',
      icon: 'graph-scatter',
      block: true,
    }),
  );
  const result = createSlot(h('div'));
  const cards = createSlot(h('div', { class: 'tier-list' }));
  fill(
    root,
    header.element,
    // In the side bar the view is a few lines high: the button and its result come first, what they rest on below.
    h(
      'div',
      { class: 'tiers-columns' },
      h('div', { class: 'tiers-side' }, action.element, optimise, result.element, facts.element),
      cards.element,
    ),
  );

  return (view) => {
    header.show(view.plan, () => [headerView(view, context)]);
    action.element.hidden = view.plan === null;
    optimise.hidden = view.plan === null;
    action.update(view);
    result.show([view.lastFit, view.plan], () => [resultView(view, context)]);
    facts.show([view.plan, view.model, view.backend, view.target], () => [view.plan !== null && factsView(view, context)]);
    cards.show([view.tiers, view.frozen, view.plan, view.learning], () =>
      view.plan === null ? [noPlan(context)] : tierCards(view.tiers, view.frozen, view.learning, context),
    );
    return view.plan === null ? '' : shortName(baseName(view.plan), 60);
  };
}

function headerView(view: TiersView, context: PageContext): HTMLElement {
  const { t } = context;
  const plan = view.plan;
  return h(
    'div',
    { class: 'tiers-header' },
    pageHeader(t('Tiers'), [], []),
    plan !== null &&
      h(
        'p',
        { class: 'tiers-plan' },
        hiddenText(`${t('Plan')} `),
        linkButton(shortName(baseName(plan)), () => context.post({ kind: 'command', command: 'open-plan' }), {
          'data-focus': 'open-plan',
          title: t('Open {0}', plan),
        }),
      ),
  );
}

/** What a fit works on and where it runs. */
function factsView(view: TiersView, context: PageContext): HTMLElement {
  const { t } = context;
  const fact = (name: string, value: Child, title?: string): HTMLElement =>
    h('div', { class: 'fact' }, h('dt', {}, name), h('dd', { title }, value));
  return h(
    'dl',
    { class: 'tiers-facts' },
    view.model !== null && fact(t('Model'), shortName(baseName(view.model)), view.model),
    fact(t('Backend'), view.backend),
    fact(t('Target'), view.target),
  );
}

function resultView(view: TiersView, context: PageContext): HTMLElement | null {
  const { t } = context;
  if (view.plan === null) return null;
  const links = h(
    'div',
    { class: 'tiers-links' },
    linkButton(t('Energy report'), () => context.post({ kind: 'command', command: 'open-report' }), { 'data-focus': 'open-report' }),
    view.lastFit !== null &&
      linkButton(t('Fitted model'), () => context.post({ kind: 'command', command: 'open-fitted' }), { 'data-focus': 'open-fitted' }),
  );
  if (view.lastFit === null) return h('section', { class: 'section', 'aria-label': t('Results') }, links);
  return h(
    'section',
    { class: 'section card last-fit', 'aria-labelledby': 'last-fit' },
    h('h2', { id: 'last-fit', class: 'heading-row' }, t('Last fit'), view.lastFit.stale && staleBadge(t)),
    beforeAfter(t, view.lastFit.before, view.lastFit.after),
    view.lastFit.detail !== undefined && h('p', { class: 'muted' }, view.lastFit.detail),
    links,
  );
}

/** What to do first: the host shows its own notice for most empty states, this stands where it sends a view without a plan. */
function noPlan(context: PageContext): HTMLElement {
  const { t } = context;
  return h(
    'section',
    { class: 'notice' },
    h('p', { class: 'notice-title' }, t('No plan is open')),
    h('p', { class: 'muted' }, t('A plan (.tiers) says which layers of a model are solved in one step and which learn incrementally.')),
    h(
      'div',
      { class: 'button-row' },
      actionButton(context, { label: t('Create a plan'), command: 'create-plan', kind: 'primary' }),
      actionButton(context, { label: t('Open the sample'), command: 'open-sample', kind: 'secondary' }),
    ),
  );
}
