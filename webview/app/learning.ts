import type { LearningView } from '../messages/index.ts';
import type { PageContext } from './context.ts';
import { fill, h } from './dom.ts';
import './learning.css';
import { startPage } from './page.ts';
import { createSlot } from './slot.ts';
import { baseName, shortName } from './text.ts';
import { actionButton } from './views/actions.ts';
import { sourceLegend } from './views/figure.ts';
import { beforeAfter } from './views/fit-result.ts';
import { pageHeader } from './views/header.ts';
import { createBatchTable } from './views/learning-batches.ts';
import { createLearningCurves } from './views/learning-curves.ts';
import { problemsSection } from './views/problems.ts';
import { createRunProgress } from './views/run-progress.ts';
import { figureTile, textTile } from './views/totals.ts';

startPage({ page: 'learning', title: 'Learning', select: (message) => (message.kind === 'learning' ? message.view : null), mount });

function mount(root: HTMLElement, context: PageContext): (view: LearningView) => string {
  const { t } = context;
  const header = createSlot(h('div'));
  const progress = createRunProgress(
    context,
    { label: t('Learning'), stop: t('Stop and keep'), stopping: t('Stopping after this batch') },
    'stop-learning',
  );
  const totals = createSlot(h('div'));
  const result = createSlot(h('div'));
  const curves = createLearningCurves(context);
  const batches = createSlot(h('div', { hidden: true }));
  const table = createBatchTable(context);
  const rest = createSlot(h('div'));
  const problems = createSlot(h('div'));
  const byBatch = h(
    'section',
    { class: 'section', 'aria-labelledby': 'batches-heading' },
    h('h2', { id: 'batches-heading' }, t('Batches')),
    table.element,
    rest.element,
  );
  const course = h(
    'section',
    { class: 'section', 'aria-labelledby': 'course-heading' },
    h('h2', { id: 'course-heading' }, t('Course')),
    curves.element,
  );
  fill(root, header.element, progress.element, result.element, totals.element, course, problems.element, byBatch);
  let announcedQuarter = -1;

  return (view) => {
    header.show([view.plan, view.data, view.tier, view.policy, view.running === null, view.result === null], () => [
      headerView(view, context),
    ]);
    progress.update(view.running);
    totals.show(view.totals, () => [totalsView(view, context)]);
    result.show([view.result, view.running === null], () => [view.running === null && view.result !== null && resultView(view, context)]);
    problems.show(view.problems, () => [view.problems.length > 0 && problemsSection(view.problems, context)]);
    batches.show(view.batches, () => {
      curves.update(view);
      table.update(view.batches);
      return [];
    });
    rest.show([view.batchCount, view.batches.length], () => [
      view.batchCount > view.batches.length &&
        h('p', { class: 'muted' }, t('The newest {0} of {1} batches; the record has them all.', view.batches.length, view.batchCount)),
      sourceLegend(t, new Set(view.batches.map((batch) => batch.energy.source))),
    ]);
    const quarter = view.running === null ? 4 : Math.floor((view.running.fraction ?? 0) * 4);
    if (quarter !== announcedQuarter && view.batchCount > 0) {
      announcedQuarter = quarter;
      context.announce(t('{0} batches, {1} {2}, {3} spent', view.batchCount, view.metricText, view.totals.quality, spentText(view)));
    }
    return shortName(baseName(view.plan), 60);
  };
}

function spentText(view: LearningView): string {
  return view.totals.energy?.text ?? '0 J';
}

function headerView(view: LearningView, context: PageContext): HTMLElement {
  const { t } = context;
  return pageHeader(
    t('Learning'),
    [
      { name: t('Plan'), value: shortName(baseName(view.plan)), title: view.plan },
      { name: t('Data'), value: shortName(baseName(view.data)), title: view.data },
      { name: t('Tier'), value: shortName(view.tier, 60), title: view.tier },
      { name: t('Policy'), value: view.policy },
    ],
    view.running !== null
      ? []
      : [
          actionButton(context, { label: t('Learn from more data…'), command: 'learn', kind: 'primary' }),
          view.result !== null && actionButton(context, { label: t('Open the learned model'), command: 'open-learned', kind: 'secondary' }),
        ],
  );
}

function totalsView(view: LearningView, context: PageContext): HTMLElement {
  const { t } = context;
  const { totals } = view;
  return h(
    'section',
    { class: 'section', 'aria-labelledby': 'totals-heading' },
    h('h2', { id: 'totals-heading' }, t('So far')),
    h(
      'dl',
      { class: 'tiles' },
      textTile(t('Running {0}', view.metricText), totals.quality, t('{0} rows seen', totals.rows), 'tile-main'),
      figureTile(context, t('Spent on learning'), totals.energy, ''),
      textTile(t('Updates'), totals.updates, t('{0} batches skipped', totals.skips)),
      totals.always === null
        ? textTile(t('Updating always'), '–', t('Known when the run is over'))
        : figureTile(context, t('Updating always'), totals.always, t('What learning from every batch would have cost')),
    ),
  );
}

function resultView(view: LearningView, context: PageContext): HTMLElement | null {
  const { t } = context;
  const { result } = view;
  if (result === null) return null;
  return h(
    'section',
    { class: 'section card learning-result', 'aria-labelledby': 'result-heading' },
    h('h2', { id: 'result-heading' }, t('Result')),
    result.heldOut !== null && beforeAfter(t, result.heldOut.before, result.heldOut.after),
    result.heldOut !== null &&
      h('p', { class: 'muted' }, t('{0} on {1} rows that the plan holds out', view.metricText, result.heldOut.rows)),
    h(
      'p',
      {},
      result.resumed
        ? t('Continued from {0}; the new model is {1}.', shortName(baseName(result.state)), shortName(baseName(result.output)))
        : t('The new model is {0}; {1} remembers what was learned.', shortName(baseName(result.output)), shortName(baseName(result.state))),
    ),
  );
}
