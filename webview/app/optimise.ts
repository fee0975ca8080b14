import type { OptimiseLayer, OptimisePoint, OptimiseView } from '../messages/index.ts';
import { choosePoint, dropPoints } from './choose.ts';
import type { PageContext } from './context.ts';
import { fill, h, listen } from './dom.ts';
import './search.css';
import { startPage } from './page.ts';
import { createSlot } from './slot.ts';
import { toggled } from './state.ts';
import { baseName, shortName } from './text.ts';
import type { DataTable } from './views/data-table.ts';
import { errorNote } from './views/error-note.ts';
import { sourceLegend } from './views/figure.ts';
import { pageHeader } from './views/header.ts';
import './views/layer-details.css';
import { optimiseWords } from './views/optimise-curve.ts';
import { createOptimiseForm } from './views/optimise-form.ts';
import { columnsOf, createOptimisedLayers } from './views/optimise-layers.ts';
import { pointsTable } from './views/optimise-points.ts';
import { optimiseResult } from './views/optimise-result.ts';
import { problemsSection } from './views/problems.ts';
import { createSearchCurve } from './views/search-curve.ts';

startPage({
  page: 'optimise',
  title: 'Optimise energy',
  select: (message) => (message.kind === 'optimise' ? message.view : null),
  mount,
});

function mount(root: HTMLElement, context: PageContext): (view: OptimiseView) => string {
  const { t } = context;
  const header = createSlot(h('div'));
  const error = createSlot(h('div'));
  const result = createSlot(h('div'));
  const points = createSlot(h('div'));
  const problems = createSlot(h('div'));
  const layers = createLayersSection(context);
  let view: OptimiseView | null = null;

  /** Everything that follows the limit alone; no new run. */
  const showLimit = (): void => {
    if (view === null) return;
    const { maxDrop } = form.options();
    curve.update(view.points, maxDrop, optimiseWords(view, context));
    const shown = view;
    points.show([view.points, maxDrop], () => [shown.points.length > 0 && pointsSection(shown, maxDrop, context)]);
  };
  const form = createOptimiseForm(context, () => {
    showLimit();
    announceChoice(view, form.options().maxDrop, context);
  });
  const curve = createSearchCurve<OptimisePoint>(context, (maxDrop) => form.setDrop(maxDrop));
  const picture = h(
    'section',
    { class: 'section', 'aria-labelledby': 'curve-heading' },
    h('h2', { id: 'curve-heading' }, t('Energy against quality')),
    curve.element,
  );
  fill(
    root,
    header.element,
    error.element,
    h('div', { class: 'search-columns' }, form.element, picture),
    result.element,
    problems.element,
    layers.element,
    points.element,
  );
  let announced = '';

  return (next) => {
    view = next;
    header.show(next.plan, () => [headerView(next, context)]);
    error.show(next.error, () => [next.error !== null && errorNote(next.error, context)]);
    form.update(next);
    showLimit();
    result.show([next.result, next.written], () => [optimiseResult(next, context)]);
    layers.update(next);
    problems.show(next.problems, () => [next.problems.length > 0 && problemsSection(next.problems, context)]);
    const sentence = progressSentence(next, context);
    if (sentence !== announced) context.announce(sentence);
    announced = sentence;
    return shortName(baseName(next.plan), 60);
  };
}

function headerView(view: OptimiseView, context: PageContext): HTMLElement {
  const { t } = context;
  return h(
    'div',
    {},
    pageHeader(t('Optimise energy'), [{ name: t('Plan'), value: shortName(baseName(view.plan)), title: view.plan }], []),
    h(
      'p',
      { class: 'muted section' },
      t(
        'Searches for weights that switch less in the multiply-adds of an array, and lets the others make up for each change. The model itself stays as it is.',
      ),
    ),
  );
}

function pointsSection(view: OptimiseView, maxDrop: number, context: PageContext): HTMLElement {
  const { t, store } = context;
  const key = 'points';
  const details = h(
    'details',
    { class: 'section disclosure', open: store.get().open.includes(key) },
    h('summary', { 'data-focus': key }, t('All points as a table ({0})', view.points.length)),
    pointsTable(view, maxDrop, context),
    sourceLegend(t, new Set(view.points.map((point) => point.energy.source))),
  );
  return listen(details, 'toggle', () => store.set({ open: toggled(store.get().open, key, details.open) }));
}

function createLayersSection(context: PageContext): { readonly element: HTMLElement; readonly update: (view: OptimiseView) => void } {
  const { t } = context;
  const place = h('div');
  const note = h('p', { class: 'muted' });
  const legend = h('div');
  const element = h(
    'section',
    { class: 'section optimise-layers', hidden: true, 'aria-labelledby': 'layers-heading' },
    h('h2', { id: 'layers-heading' }, t('By layer')),
    note,
    place,
    legend,
  );
  let shownJson = '';
  let shape = '';
  let table: DataTable<OptimiseLayer> | null = null;
  return {
    element,
    update: ({ result }) => {
      element.hidden = result === null || result.layers.length === 0;
      if (result === null) return;
      const json = JSON.stringify([result.layers, result.options.maxDrop]);
      if (json === shownJson) return;
      shownJson = json;
      fill(
        note,
        t(
          'Of the point that the search chose with up to {0} points allowed; moving the slider does not change this table.',
          dropPoints(result.options.maxDrop),
        ),
      );
      const columns = columnsOf(result.layers);
      if (table === null || shape !== JSON.stringify(columns)) {
        shape = JSON.stringify(columns);
        table = createOptimisedLayers(context, columns);
        fill(place, table.element);
      }
      table.update(result.layers);
      fill(
        legend,
        sourceLegend(
          t,
          new Set(result.layers.flatMap((layer) => layer.tables.flatMap(({ before, after }) => [before.source, after.source]))),
        ),
      );
    },
  };
}

/** What a screen reader hears while a search goes on: its stages, not its numbers, and its end. */
function progressSentence(view: OptimiseView, { t }: PageContext): string {
  if (view.running !== null) return view.running.stopping ? t('Stopping') : view.running.message.replace(/\d[\d,.]*/g, '').trim();
  if (view.error !== null) return `${t('Error')}: ${view.error.message}`;
  if (view.result === null) return '';
  const { saving } = view.result;
  const found =
    saving === null
      ? view.result.savingMissing
      : t(
          '{0} of the multiply-add energy saved against {1}, {2} {3} before, {4} after',
          saving.headline,
          saving.baseline,
          saving.metricText,
          saving.before,
          saving.after,
        );
  return view.written === null || view.written.earlier ? found : `${found}. ${t('The model was written.')}`;
}

function announceChoice(view: OptimiseView | null, maxDrop: number, { t, announce }: PageContext): void {
  if (view === null || view.points.length === 0) return;
  const chosen = choosePoint(view.points, maxDrop);
  announce(
    chosen === null
      ? t('None of the points tried is within {0}', dropPoints(maxDrop))
      : t('{0}: {1} saved, {2}', shortName(chosen.label, 80), chosen.savingText, chosen.dropText),
  );
}
