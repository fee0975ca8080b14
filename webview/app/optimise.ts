import type { OptimiseLayer, OptimisePoint, OptimiseView } from '../messages/index.ts';
import { dropPoints } from './choose.ts';
import type { PageContext } from './context.ts';
import { fill, h } from './dom.ts';
import { startPage } from './page.ts';
import { mountSearchPage } from './search-page.ts';
import type { DataTable } from './views/data-table.ts';
import { sourceLegend } from './views/figure.ts';
import { optimiseWords } from './views/optimise-curve.ts';
import { createOptimiseForm } from './views/optimise-form.ts';
import { columnsOf, createOptimisedLayers } from './views/optimise-layers.ts';
import { pointsTable } from './views/optimise-points.ts';
import { optimiseResult } from './views/optimise-result.ts';

startPage({
  page: 'optimise',
  title: 'Optimise energy',
  select: (message) => (message.kind === 'optimise' ? message.view : null),
  mount,
});

function mount(root: HTMLElement, context: PageContext): (view: OptimiseView) => string {
  const { t } = context;
  return mountSearchPage<OptimiseView, OptimisePoint>(root, context, {
    title: t('Optimise energy'),
    intro: t(
      'Searches for weights that switch less in the multiply-adds of an array, and lets the others make up for each change. The model itself stays as it is.',
    ),
    curveTitle: t('Energy against quality'),
    form: (onChange) => createOptimiseForm(context, onChange),
    tried: ({ points }) => points,
    words: (view) => optimiseWords(view, context),
    result: (view) => optimiseResult(view, context),
    sections: [createLayersSection(context)],
    table: (view, maxDrop) => [
      pointsTable(view, maxDrop, context),
      sourceLegend(t, new Set(view.points.map((point) => point.energy.source))),
    ],
    found: (result) => foundText(result, context),
    gain: ({ savingText, dropText }) => [t('{0} saved', savingText), dropText],
  });
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

/** What a search found, in a sentence. */
function foundText({ saving, savingMissing }: NonNullable<OptimiseView['result']>, { t }: PageContext): string {
  return saving === null
    ? savingMissing
    : t(
        '{0} of the multiply-add energy saved against {1}, {2} {3} before, {4} after',
        saving.headline,
        saving.baseline,
        saving.metricText,
        saving.before,
        saving.after,
      );
}
