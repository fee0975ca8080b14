import type { ModelView } from '../messages/index.ts';
import type { PageContext } from './context.ts';
import { fill, h, listen } from './dom.ts';
import './model.css';
import { createLayersSection } from './model-section.ts';
import { createModelMessages } from './model-messages.ts';
import type { ModelMessages } from './model-messages.ts';
import { startPage } from './page.ts';
import { createSlot } from './slot.ts';
import { toggled } from './state.ts';
import { baseName, shortName } from './text.ts';
import { compareBar } from './views/compare-bar.ts';
import { sourceDetails } from './views/figure.ts';
import { pageHeader } from './views/header.ts';
import { problemCount, problemList } from './views/problems.ts';

startModelPage();

/** The page hears more than its view: weights, a comparison and the layer to go to arrive on their own. */
function startModelPage(): void {
  const rest = createModelMessages();
  startPage({
    page: 'model',
    title: 'Model',
    select: (message) => (message.kind === 'model' ? message.view : null),
    hear: rest.hear,
    mount: (root, context) => mount(root, context, rest),
  });
}

function mount(root: HTMLElement, context: PageContext, rest: ModelMessages): (view: ModelView) => string {
  const header = createSlot(h('div'));
  const totals = createSlot(h('div'));
  const problems = createSlot(h('div'));
  const comparison = createSlot(h('div'));
  const layers = createLayersSection(context);
  fill(root, header.element, totals.element, problems.element, comparison.element, layers.element);
  rest.attach({
    compare: (compare) => {
      comparison.show(compare, () => [compare !== null && compareBar(compare, context)]);
      layers.compare(compare);
    },
    weights: layers.weights,
    source: layers.source,
    focus: layers.focus,
  });

  return (view) => {
    header.show([view.path, view.summary], () => [
      pageHeader(
        shortName(baseName(view.path)),
        view.summary.map(({ name, value }) => ({ name: shortName(name, 60), value: shortName(value, 120), title: value })),
        [],
      ),
    ]);
    // A file that cannot be read has no totals and no layers, only reasons.
    const readable = view.unreadable !== true;
    totals.show([view.totals, readable], () => [readable && totalsView(view, context)]);
    layers.element.hidden = !readable;
    problems.show(view.diagnostics, () => [view.diagnostics.length > 0 && problemsView(view, context)]);
    layers.update(view);
    return shortName(baseName(view.path), 60);
  };
}

function totalsView(view: ModelView, context: PageContext): HTMLElement {
  const { t } = context;
  const { totals } = view;
  const tile = (label: string, value: string): HTMLElement =>
    h('div', { class: 'stat' }, h('dt', {}, label), h('dd', { class: 'stat-value' }, value));
  return h(
    'section',
    { class: 'section', 'aria-label': t('Totals') },
    h(
      'dl',
      { class: 'stats' },
      tile(t('Layers'), totals.layers),
      tile(t('MACs per inference'), totals.macs),
      tile(t('Parameters'), totals.parameters),
      tile(t('Weight size'), totals.weightBytes),
      totals.inference !== null &&
        h(
          'div',
          { class: 'stat' },
          h('dt', {}, t('Energy per inference')),
          h('dd', { class: 'stat-value' }, totals.inference.text),
          h('dd', { class: 'muted' }, totals.inference.bandText),
          h('dd', {}, sourceDetails(t, totals.inference)),
        ),
    ),
  );
}

function problemsView(view: ModelView, context: PageContext): HTMLElement {
  const { t, store } = context;
  const serious = view.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  const few = view.diagnostics.length <= 3;
  const closed = store.get().open.includes('model-problems-closed');
  const details = h(
    'details',
    { class: 'section card', open: (serious || few) && !closed },
    h(
      'summary',
      { 'data-focus': 'problems', class: 'problems-summary' },
      h('h2', {}, t('Problems')),
      h('span', { class: 'muted' }, problemCount(view.diagnostics, t)),
    ),
    problemList(view.diagnostics, context),
  );
  return listen(details, 'toggle', () => store.set({ open: toggled(store.get().open, 'model-problems-closed', !details.open) }));
}
