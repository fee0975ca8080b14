import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import type { LayerView, ModelView } from '../messages/index.ts';
import type { PageContext } from './context.ts';
import { fill, h, icon, listen } from './dom.ts';
import './model.css';
import { startPage } from './page.ts';
import { createSlot } from './slot.ts';
import { toggled } from './state.ts';
import { baseName, shortName } from './text.ts';
import type { DataTable } from './views/data-table.ts';
import { filterLayers } from './views/filter.ts';
import { sourceDetails, sourceLegend } from './views/figure.ts';
import { pageHeader } from './views/header.ts';
import type { ModelColumns } from './views/model-layers.ts';
import { createModelTable } from './views/model-layers.ts';
import { problemCount, problemList } from './views/problems.ts';

startPage({ page: 'model', title: 'Model', select: (message) => (message.kind === 'model' ? message.view : null), mount });

function mount(root: HTMLElement, context: PageContext): (view: ModelView) => string {
  const header = createSlot(h('div'));
  const totals = createSlot(h('div'));
  const problems = createSlot(h('div'));
  const layers = createLayersSection(context);
  fill(root, header.element, totals.element, problems.element, layers.element);

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
    layers.update(view.layers);
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

interface LayersSection {
  readonly element: HTMLElement;
  readonly update: (layers: readonly LayerView[]) => void;
}

function createLayersSection(context: PageContext): LayersSection {
  const { t, store } = context;
  const count = h('span', { class: 'muted filter-count' });
  const legend = h('div');
  const place = h('div');
  const filter = createFilter(context);
  const element = h(
    'section',
    { class: 'section', 'aria-labelledby': 'model-layers' },
    h('div', { class: 'table-tools' }, h('h2', { id: 'model-layers' }, t('Layers')), filter, count),
    place,
    legend,
  );
  let layers: readonly LayerView[] = [];
  let shownJson = '';
  let columnsKey = '';
  let table: DataTable<LayerView> | null = null;

  const apply = (announce: boolean): void => {
    const found = filterLayers(layers, store.get().filter);
    const text = found.length === layers.length ? '' : t('{0} of {1}', found.length, layers.length);
    fill(count, text);
    table?.update(found);
    if (announce) context.announce(t('{0} of {1} layers', found.length, layers.length));
  };
  let frame = 0;
  listen(filter, 'input', () => {
    store.set({ filter: filter.value.slice(0, 1000) });
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => apply(true));
  });

  return {
    element,
    update: (next) => {
      const json = JSON.stringify(next);
      if (json === shownJson) return;
      shownJson = json;
      layers = next;
      const columns: ModelColumns = {
        energy: next.some((layer) => layer.inference !== null),
        fitted: next.some((layer) => layer.fitted !== null),
      };
      if (table === null || columnsKey !== JSON.stringify(columns)) {
        columnsKey = JSON.stringify(columns);
        table = createModelTable(context, columns);
        fill(place, table.element);
      }
      fill(legend, sourceLegend(t, new Set(next.flatMap((layer) => (layer.inference === null ? [] : [layer.inference.source])))));
      apply(false);
    },
  };
}

function createFilter(context: PageContext): HTMLElementTagNameMap['vscode-textfield'] {
  const { t, store } = context;
  const field = h(
    'vscode-textfield',
    {
      class: 'filter',
      placeholder: t('Filter layers'),
      title: t('Words from the name, operator, shape or tier'),
      type: 'search',
      'data-focus': 'filter',
    },
    icon('search', 'filter-icon'),
  );
  field.querySelector('.filter-icon')?.setAttribute('slot', 'content-before');
  field.label = t('Filter layers');
  field.value = store.get().filter;
  return field;
}
