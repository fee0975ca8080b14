import type { CompoundRow, CompoundView } from '../messages/index.ts';
import './compound.css';
import type { PageContext } from './context.ts';
import { mergeRows } from './decisions.ts';
import { fill, h } from './dom.ts';
import './learning.css';
import { startPage } from './page.ts';
import './search.css';
import { createSlot } from './slot.ts';
import { baseName, shortName } from './text.ts';
import { actionButton } from './views/actions.ts';
import { calibrationSection } from './views/compound-calibration.ts';
import { createCompoundCourse } from './views/compound-course.ts';
import { cacheSection, compoundResult, headTrials } from './views/compound-record.ts';
import { createUpdateTable } from './views/compound-updates.ts';
import { decisionDetails } from './views/decision-details.ts';
import { createDecisionList, listRest } from './views/decision-list.ts';
import { errorNote } from './views/error-note.ts';
import { sourceLegend } from './views/figure.ts';
import { pageHeader } from './views/header.ts';
import './views/layer-details.css';
import { problemsSection } from './views/problems.ts';
import { createRunProgress } from './views/run-progress.ts';
import './views/search-result.css';
import { figureTile, textTile } from './views/totals.ts';

startPage({ page: 'compound', title: 'Compound model', select: (message) => (message.kind === 'compound' ? message.view : null), mount });

function mount(root: HTMLElement, context: PageContext): (view: CompoundView) => string {
  const { t } = context;
  const header = createSlot(h('div'));
  const error = createSlot(h('div'));
  const progress = createRunProgress(
    context,
    { label: t('Compound model'), stop: t('Stop and keep'), stopping: t('Stopping after this batch') },
    'stop-compound',
  );
  const totals = createSlot(h('div'));
  const result = createSlot(h('div'));
  const record = createSlot(h('div'));
  const problems = createSlot(h('div'));
  const course = createCompoundCourse(context);
  const list = createDecisionList(context, (index) => context.post({ kind: 'inspect-decision', index }));
  const details = createSlot(h('div', { class: 'decision-beside', 'aria-live': 'polite' }));
  const rest = createSlot(h('div'));
  const updates = createUpdates(context);
  const section = (id: string, title: string, ...children: Parameters<typeof h>[2][]): HTMLElement =>
    h('section', { class: 'section', 'aria-labelledby': id }, h('h2', { id }, title), ...children);
  const stream = section(
    'stream-heading',
    t('The stream, decision by decision'),
    h('div', { class: 'stream-columns' }, h('div', {}, list.element, rest.element), details.element),
  );
  const courseSection = section('course-heading', t('Course'), course.element);
  fill(
    root,
    header.element,
    error.element,
    progress.element,
    result.element,
    totals.element,
    courseSection,
    stream,
    record.element,
    updates.element,
    problems.element,
  );
  let rows: readonly CompoundRow[] = [];
  let announcedQuarter = -1;

  return (view) => {
    rows = mergeRows(rows, view.rows);
    const isNew = rows.length === 0 && view.points.length === 0;
    header.show([view.plan, view.stream, view.task, view.running === null, view.canResume, view.resumeNote, view.result === null], () => [
      headerView(view, context),
    ]);
    error.show(view.error, () => [view.error !== null && errorNote(view.error, context)]);
    progress.update(view.running);
    totals.show(view.totals, () => [totalsView(view, context)]);
    courseSection.hidden = isNew && view.running === null;
    stream.hidden = courseSection.hidden;
    course.update(view);
    list.update(rows, /\.txt$/i.test(view.stream), view.inspected?.index ?? null);
    details.show(view.inspected, () => [decisionDetails(view.inspected, context)]);
    rest.show([view.decisionCount, [...new Set(rows.map((row) => row.source))]], () => [
      listRest(view.decisionCount, t),
      sourceLegend(t, new Set(rows.map((row) => row.source))),
    ]);
    updates.update(view);
    // While another run goes on, the figures above are its own: the record of the run before would be taken for it.
    const done = view.running === null ? view.result : null;
    result.show(done, () => [done !== null && compoundResult(done, context)]);
    record.show([done?.calibration, done?.heads, done?.cache, done === null], () =>
      done === null ? [] : [calibrationSection(done.calibration, context), headTrials(done, context), cacheSection(done, context)],
    );
    problems.show(view.problems, () => [view.problems.length > 0 && problemsSection(view.problems, context)]);
    const quarter = view.running === null ? 4 : Math.floor((view.running.fraction ?? 0) * 4);
    if (quarter !== announcedQuarter && view.decisionCount > 0) {
      announcedQuarter = quarter;
      const spent = view.totals.sums.compound?.text ?? '0 J';
      context.announce(t('{0} decisions, {1} right, {2} spent', view.decisionCount, view.totals.accuracy, spent));
    }
    return shortName(baseName(view.plan), 60);
  };
}

function headerView(view: CompoundView, context: PageContext): HTMLElement {
  const { t } = context;
  const isKnown = view.result !== null;
  const button = (label: string, command: Parameters<typeof actionButton>[1]['command'], isFirst: boolean, icon: string): HTMLElement =>
    actionButton(context, { label, command, kind: isFirst ? 'primary' : 'secondary', icon });
  const actions =
    view.running !== null
      ? []
      : [
          view.canResume && button(t('Resume'), 'resume-compound', true, 'debug-continue'),
          view.stream !== '' && isKnown && button(t('Start over'), 'restart-compound', false, 'debug-restart'),
          button(isKnown ? t('Run on another stream…') : t('Run on a stream…'), 'run-compound', !view.canResume, 'play'),
          isKnown && button(t('Open the log'), 'open-compound-log', false, 'output'),
        ];
  return h(
    'div',
    {},
    pageHeader(
      t('Compound model'),
      [
        { name: t('Plan'), value: shortName(baseName(view.plan)), title: view.plan },
        { name: t('Stream'), value: view.stream === '' ? t('none yet') : shortName(baseName(view.stream)), title: view.stream },
        ...(view.task === '' ? [] : [{ name: t('Decides'), value: view.task }]),
      ],
      actions,
    ),
    h(
      'p',
      { class: 'muted section' },
      t(
        'The lower module decides where it is sure and is asked once per content; what it is not sure of goes to the upper module, which learns as long as that pays.',
      ),
      view.running === null && view.canResume && ` ${view.resumeNote}`,
    ),
  );
}

function totalsView(view: CompoundView, context: PageContext): HTMLElement {
  const { t } = context;
  const { totals } = view;
  return h(
    'section',
    { class: 'section', 'aria-labelledby': 'totals-heading' },
    h('h2', { id: 'totals-heading' }, t('So far')),
    h(
      'dl',
      { class: 'tiles' },
      figureTile(context, t('This run'), totals.sums.compound, t('deciding, cache and learning'), 'tile-main'),
      figureTile(context, t('Always lower'), totals.sums.alwaysLower, t('only the lower exit, no cache')),
      figureTile(context, t('Always upper'), totals.sums.alwaysUpper, t('the whole depth, no cache')),
      figureTile(context, t('Retraining'), totals.sums.retraining, t('the whole depth, trained anew at every alarm')),
      textTile(t('Running accuracy'), totals.accuracy, totals.loss === '–' ? '' : t('loss {0} nats', totals.loss)),
      textTile(t('Escalated'), totals.escalated, t('of the decisions went to the upper module')),
      textTile(t('Cached'), totals.hitRate, t('of the look-ups had all of it')),
    ),
  );
}

function createUpdates(context: PageContext): { readonly element: HTMLElement; readonly update: (view: CompoundView) => void } {
  const { t } = context;
  const table = createUpdateTable(context);
  const note = h('div');
  const element = h(
    'section',
    { class: 'section', hidden: true, 'aria-labelledby': 'updates-heading' },
    h('h2', { id: 'updates-heading' }, t('Learning')),
    note,
    table.element,
  );
  let shown = '';
  return {
    element,
    update: ({ updates, updateCount }) => {
      element.hidden = updates.length === 0;
      const json = JSON.stringify([updates, updateCount]);
      if (json === shown) return;
      shown = json;
      fill(
        note,
        h('p', { class: 'muted' }, t('{0} updates; the newest {1} batches are shown.', updateCount, updates.length)),
        sourceLegend(t, new Set(updates.map(({ energy }) => energy.source))),
      );
      table.update(updates);
    },
  };
}
