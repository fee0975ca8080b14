import type { SparsitySiteView, SparsityView } from '../messages/index.ts';
import type { PageContext } from './context.ts';
import { fill, h } from './dom.ts';
import { startPage } from './page.ts';
import { mountSearchPage } from './search-page.ts';
import { createSlot } from './slot.ts';
import './sparsity.css';
import type { DataTable } from './views/data-table.ts';
import { sparsityWords, triedPoints, type SparsityTried } from './views/sparsity-curve.ts';
import { createSparsityForm } from './views/sparsity-form.ts';
import { groupTables } from './views/sparsity-groups.ts';
import { sparsityPointsTable } from './views/sparsity-points.ts';
import { sparsityResult } from './views/sparsity-result.ts';
import { createSiteTable, siteColumnsOf } from './views/sparsity-sites.ts';

startPage({
  page: 'sparsity',
  title: 'Sparsify activations',
  select: (message) => (message.kind === 'sparsity' ? message.view : null),
  mount,
});

function mount(root: HTMLElement, context: PageContext): (view: SparsityView) => string {
  const { t } = context;
  return mountSearchPage<SparsityView, SparsityTried>(root, context, {
    title: t('Sparsify activations'),
    intro: t(
      'Sets small inputs of weight layers to zero, so that a machine driven by events skips their multiply-adds. Nothing is trained, and the model itself stays as it is.',
    ),
    curveTitle: t('Zeros against loss'),
    form: (onChange) => createSparsityForm(context, onChange),
    tried: ({ points }) => triedPoints(points),
    words: (view) => sparsityWords(view, context),
    result: (view) => sparsityResult(view, context),
    sections: [createGroupsSection(context), createSitesSection(context)],
    table: ({ points }, maxLoss) => [sparsityPointsTable(points, maxLoss, context)],
    found: (result) => foundText(result, context),
    gain: ({ point }) => [t('{0} zeros', point.sparsityText), point.increaseText],
  });
}

interface Section {
  readonly element: HTMLElement;
  readonly update: (view: SparsityView) => void;
}

function createGroupsSection(context: PageContext): Section {
  const groups = createSlot(h('div'));
  return {
    element: groups.element,
    update: ({ result }) => groups.show([result?.blocks, result?.roles], () => [result !== null && groupTables(result, context)]),
  };
}

function createSitesSection(context: PageContext): Section {
  const { t } = context;
  const place = h('div');
  const element = h(
    'section',
    { class: 'section', hidden: true, 'aria-labelledby': 'sites-heading' },
    h('h2', { id: 'sites-heading' }, t('By site')),
    place,
  );
  let shown = '';
  let shape = '';
  let table: DataTable<SparsitySiteView> | null = null;
  return {
    element,
    update: ({ result }) => {
      const sites = result?.sites ?? [];
      element.hidden = sites.length === 0;
      const json = JSON.stringify(sites);
      if (json === shown) return;
      shown = json;
      const columns = siteColumnsOf(sites);
      if (table === null || shape !== JSON.stringify(columns)) {
        shape = JSON.stringify(columns);
        table = createSiteTable(context, columns);
        fill(place, table.element);
      }
      table.update(sites);
    },
  };
}

/** What a search found, in a sentence. */
function foundText({ evaluation }: NonNullable<SparsityView['result']>, { t }: PageContext): string {
  if (evaluation === null) return t('Nothing was judged on held-out rows.');
  const { sparsityAfter, sparsityBefore, increase } = evaluation;
  return t('{0} of the multiply-adds meet a zero, {1} before; {2}', sparsityAfter, sparsityBefore, increase);
}
