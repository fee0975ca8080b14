import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import type { CompareLayerView, CompareView, ModelLayerView, ModelView } from '../messages/index.ts';
import type { PageContext } from './context.ts';
import { fill, h, icon, listen } from './dom.ts';
import { sameData } from './same-data.ts';
import { keepFocus } from './slot.ts';
import { linkButton } from './views/actions.ts';
import { columnMenu } from './views/column-menu.ts';
import type { DataTable } from './views/data-table.ts';
import { sourceLegend } from './views/figure.ts';
import { filterLayers } from './views/filter.ts';
import { createFindBar } from './views/find-bar.ts';
import { layerDetails } from './views/layer-details.ts';
import type { ModelTableOptions } from './views/model-layers.ts';
import { createModelTable, modelChoices } from './views/model-layers.ts';
import type { WeightsState } from './views/weights-panel.ts';
import { weightsPanel } from './views/weights-panel.ts';

/** The layers of a model: filter, find, columns and the table, with what rows ask for. */
export interface LayersSection {
  readonly element: HTMLElement;
  readonly update: (view: ModelView) => void;
  readonly compare: (compare: CompareView | null) => void;
  readonly weights: (id: string, state: WeightsState) => void;
  readonly source: (id: string, hasSource: boolean) => void;
  readonly focus: (id: string) => void;
}

export function createLayersSection(context: PageContext): LayersSection {
  const { t, store, post } = context;
  const count = h('span', { class: 'muted filter-count' });
  const legend = h('div');
  const place = h('div');
  const menu = h('div');
  const filter = createFilter(context);
  let view: ModelView | null = null;
  let tableKey = '';
  let table: DataTable<ModelLayerView> | null = null;
  let compare: CompareView | null = null;
  let compareRows: ReadonlyMap<string, CompareLayerView> = new Map();
  const known = new Map<string, WeightsState>();
  const withSource = new Set<string>();
  let toFocus: string | null = null;
  let marked: string | null = null;

  const apply = (announce: boolean, focused?: string): void => {
    const layers = view?.layers ?? [];
    const found = filterLayers(layers, store.get().filter) as readonly ModelLayerView[];
    fill(count, found.length === layers.length ? '' : t('{0} of {1}', found.length, layers.length));
    table?.update(found, focused);
    if (announce) context.announce(t('{0} of {1} layers', found.length, layers.length));
  };
  const details = (layer: ModelLayerView): ReturnType<typeof layerDetails> =>
    layerDetails(
      layer,
      context,
      rowActions(layer, withSource.has(layer.id), context),
      weightsPanel(known.get(layer.id) ?? 'reading', context),
    );
  const tableOptions = (): ModelTableOptions => ({
    context,
    has: {
      energy: view?.layers.some((layer) => layer.inference !== null) ?? false,
      fitted: view?.layers.some((layer) => layer.fitted !== null) ?? false,
      blocks: view?.layers.some((layer) => layer.block !== undefined) ?? false,
    },
    totals: () => view?.totals ?? null,
    compare,
    compareRow: (layer) => compareRows.get(layer.id),
    details,
    marked,
    finding: table?.finding() ?? null,
    onFound: (found) => finder.tell(found),
    onOpen: ({ id }) => {
      if (known.has(id)) return;
      known.set(id, 'reading');
      post({ kind: 'layer-opened', id });
    },
  });
  const build = (isForced: boolean): void => {
    const options = tableOptions();
    const key = JSON.stringify([options.has, store.get().columns, compare?.title]);
    if (table !== null && !isForced && key === tableKey) return apply(false);
    tableKey = key;
    // Energy arrives after the layers, with columns of its own: the place on the page, the focus and the mark stay.
    const scrolledPx = window.scrollY;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['focus'] : undefined;
    const focusedRow = table?.focused();
    keepFocus(place, () => {
      table = createModelTable(options);
      fill(place, table.element);
      apply(false, focusedRow);
      window.scrollTo({ top: scrolledPx, behavior: 'instant' });
      if (marked !== null && focused === `layer:${marked}`) table.reveal(marked);
    });
    if (menu.querySelector('details')?.hasAttribute('open') !== true)
      fill(
        menu,
        columnMenu(modelChoices(options), context, () => build(true)),
      );
  };
  let frame = 0;
  listen(filter, 'input', () => {
    store.set({ filter: filter.value.slice(0, 1000) });
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => apply(true));
  });
  const none = { at: 0, of: 0 };
  const finder = createFindBar({
    context,
    find: (text) => table?.find(text) ?? none,
    next: (step) => table?.findNext(step) ?? none,
    focusFound: () => table?.focusFound() ?? false,
  });
  const compareLink = linkButton(t('Compare with…'), () => post({ kind: 'compare-model' }), { 'data-focus': 'compare-with' });
  const element = h(
    'section',
    { class: 'section', 'aria-labelledby': 'model-layers' },
    h('div', { class: 'table-tools' }, h('h2', { id: 'model-layers' }, t('Layers')), filter, count, finder.element, menu, compareLink),
    place,
    legend,
  );

  const focus = (id: string): void => {
    if (view === null) {
      toFocus = id;
      return;
    }
    marked = id;
    if (table?.reveal(id) === true) return context.announce(t('Layer {0}', id));
    if (store.get().filter === '' || !view.layers.some((layer) => layer.id === id))
      return context.announce(t('There is no layer {0} in this model.', id));
    // The filter hides it: showing the layer was asked for by name, so the filter gives way.
    store.set({ filter: '' });
    filter.value = '';
    apply(false);
    table?.reveal(id);
  };

  return {
    element,
    update: (next) => {
      if (view !== null && sameData([view.layers, view.totals], [next.layers, next.totals])) return;
      view = next;
      build(false);
      const used = new Set(
        next.layers
          .flatMap((layer) => [layer.inference, layer.sgd, layer.solve, layer.incremental])
          .flatMap((f) => (f === null ? [] : [f.source])),
      );
      fill(legend, sourceLegend(t, used));
      if (toFocus === null) return;
      // Asked for before there was a table: that goes before the place where the page was left.
      store.set({ scrollY: 0 });
      focus(toFocus);
      toFocus = null;
    },
    compare: (next) => {
      compare = next !== null && next.layers.length > 0 ? next : null;
      compareRows = new Map(compare?.layers.filter(({ status }) => status !== 'removed').map((row) => [row.id, row]));
      compareLink.hidden = next !== null;
      if (view !== null) build(true);
      if (next?.running !== null && next !== null) context.announce(next.running);
      else if (next !== null) context.announce(next.title);
    },
    weights: (id, state) => {
      known.set(id, state);
      table?.refresh(id);
    },
    source: (id, hasSource) => {
      if (!hasSource || withSource.has(id)) return;
      withSource.add(id);
      table?.refresh(id);
    },
    focus,
  };
}

/** What can be done with a layer from its row. */
function rowActions(layer: ModelLayerView, hasSource: boolean, { t, post, announce }: PageContext): HTMLElement {
  const { id } = layer;
  return h(
    'div',
    { class: 'row-actions' },
    linkButton(t('Show in plan'), () => post({ kind: 'reveal-layer', id }), { 'data-focus': `plan:${id}` }),
    hasSource && linkButton(t('Show in source'), () => post({ kind: 'show-source', id }), { 'data-focus': `source:${id}` }),
    linkButton(
      t('Copy layer id'),
      () => {
        post({ kind: 'copy-layer', id });
        announce(t('Copied'));
      },
      { 'data-focus': `copy:${id}` },
    ),
  );
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
