import type { SparsityPointView, SparsitySiteView, SparsityView } from '../messages/index.ts';
import { choosePoint, dropPoints } from './choose.ts';
import type { PageContext } from './context.ts';
import { fill, h, listen } from './dom.ts';
import { startPage } from './page.ts';
import './search.css';
import { createSlot } from './slot.ts';
import './sparsity.css';
import { toggled } from './state.ts';
import { baseName, shortName } from './text.ts';
import { errorNote } from './views/error-note.ts';
import { pageHeader } from './views/header.ts';
import './views/layer-details.css';
import { problemsSection } from './views/problems.ts';
import { createSearchCurve } from './views/search-curve.ts';
import { sparsityWords, triedPoints, type SparsityTried } from './views/sparsity-curve.ts';
import { createSparsityForm } from './views/sparsity-form.ts';
import { groupTables } from './views/sparsity-groups.ts';
import { sparsityPointsTable } from './views/sparsity-points.ts';
import { sparsityResult } from './views/sparsity-result.ts';
import { createSiteTable } from './views/sparsity-sites.ts';

startPage({
  page: 'sparsity',
  title: 'Sparsify activations',
  select: (message) => (message.kind === 'sparsity' ? message.view : null),
  mount,
});

function mount(root: HTMLElement, context: PageContext): (view: SparsityView) => string {
  const { t } = context;
  const header = createSlot(h('div'));
  const error = createSlot(h('div'));
  const result = createSlot(h('div'));
  const groups = createSlot(h('div'));
  const points = createSlot(h('div'));
  const problems = createSlot(h('div'));
  const sites = createSitesSection(context);
  let view: SparsityView | null = null;

  /** Everything that follows the limit alone; no new run. */
  const showLimit = (): void => {
    if (view === null) return;
    const { maxLoss } = form.options();
    curve.update(triedPoints(view.points), maxLoss, sparsityWords(view, context));
    const shown = view.points;
    points.show([shown, maxLoss], () => [shown.length > 0 && pointsSection(shown, maxLoss, context)]);
  };
  const form = createSparsityForm(context, () => {
    showLimit();
    announceChoice(view, form.options().maxLoss, context);
  });
  const curve = createSearchCurve<SparsityTried>(context, (maxLoss) => form.setLimit(maxLoss));
  const picture = h(
    'section',
    { class: 'section', 'aria-labelledby': 'curve-heading' },
    h('h2', { id: 'curve-heading' }, t('Zeros against loss')),
    curve.element,
  );
  fill(
    root,
    header.element,
    error.element,
    h('div', { class: 'search-columns' }, form.element, picture),
    result.element,
    problems.element,
    groups.element,
    sites.element,
    points.element,
  );
  let announced = '';

  return (next) => {
    view = next;
    header.show(next.plan, () => [headerView(next, context)]);
    error.show(next.error, () => [next.error !== null && errorNote(next.error, context)]);
    form.update(next);
    showLimit();
    result.show([next.result, next.written], () => [sparsityResult(next, context)]);
    groups.show([next.result?.blocks, next.result?.roles], () => [next.result !== null && groupTables(next.result, context)]);
    sites.update(next.result?.sites ?? []);
    problems.show(next.problems, () => [next.problems.length > 0 && problemsSection(next.problems, context)]);
    const sentence = progressSentence(next, context);
    if (sentence !== announced) context.announce(sentence);
    announced = sentence;
    return shortName(baseName(next.plan), 60);
  };
}

function headerView(view: SparsityView, context: PageContext): HTMLElement {
  const { t } = context;
  return h(
    'div',
    {},
    pageHeader(t('Sparsify activations'), [{ name: t('Plan'), value: shortName(baseName(view.plan)), title: view.plan }], []),
    h(
      'p',
      { class: 'muted section' },
      t(
        'Sets small inputs of weight layers to zero, so that a machine driven by events skips their multiply-adds. Nothing is trained, and the model itself stays as it is.',
      ),
    ),
  );
}

function pointsSection(all: readonly SparsityPointView[], maxLoss: number, context: PageContext): HTMLElement {
  const { t, store } = context;
  const key = 'points';
  const details = h(
    'details',
    { class: 'section disclosure', open: store.get().open.includes(key) },
    h('summary', { 'data-focus': key }, t('All points as a table ({0})', all.length)),
    sparsityPointsTable(all, maxLoss, context),
  );
  return listen(details, 'toggle', () => store.set({ open: toggled(store.get().open, key, details.open) }));
}

function createSitesSection(context: PageContext): {
  readonly element: HTMLElement;
  readonly update: (sites: readonly SparsitySiteView[]) => void;
} {
  const { t } = context;
  const table = createSiteTable(context);
  const element = h(
    'section',
    { class: 'section', hidden: true, 'aria-labelledby': 'sites-heading' },
    h('h2', { id: 'sites-heading' }, t('By site')),
    table.element,
  );
  let shown = '';
  return {
    element,
    update: (sites) => {
      element.hidden = sites.length === 0;
      const json = JSON.stringify(sites);
      if (json === shown) return;
      shown = json;
      table.update(sites);
    },
  };
}

/** What a screen reader hears while a search goes on: its stages, not its numbers, and its end. */
function progressSentence(view: SparsityView, { t }: PageContext): string {
  if (view.running !== null) return view.running.stopping ? t('Stopping') : view.running.message.replace(/\d[\d,.]*/g, '').trim();
  if (view.error !== null) return `${t('Error')}: ${view.error.message}`;
  const { result } = view;
  if (result === null) return '';
  const { evaluation } = result;
  const found =
    evaluation === null
      ? t('Nothing was judged on held-out rows.')
      : t(
          '{0} of the multiply-adds meet a zero, {1} before; {2}',
          evaluation.sparsityAfter,
          evaluation.sparsityBefore,
          evaluation.increase,
        );
  return view.written === null || view.written.earlier ? found : `${found}. ${t('The model was written.')}`;
}

function announceChoice(view: SparsityView | null, maxLoss: number, { t, announce }: PageContext): void {
  if (view === null || view.points.length === 0) return;
  const chosen = choosePoint(triedPoints(view.points), maxLoss);
  announce(
    chosen === null
      ? t('None of the points tried is within {0}', dropPoints(maxLoss))
      : t('{0}: {1} zeros, {2}', shortName(chosen.label, 80), chosen.point.sparsityText, chosen.point.increaseText),
  );
}
