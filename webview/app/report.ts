import type { ReportView } from '../messages/index.ts';
import type { PageContext } from './context.ts';
import { fill, h, icon, listen } from './dom.ts';
import { startPage } from './page.ts';
import './report.css';
import { createSlot } from './slot.ts';
import { baseName, shortName } from './text.ts';
import { actionButton } from './views/actions.ts';
import { assumptionsView } from './views/assumptions.ts';
import { budgetsView } from './views/budgets.ts';
import { changesView } from './views/changes.ts';
import { groundsView, trainingMachineView } from './views/evidence.ts';
import { sourceLegend } from './views/figure.ts';
import { createFigureDrawer } from './views/figure-drawer.ts';
import { fitView } from './views/fit-result.ts';
import { pageHeader } from './views/header.ts';
import { createLayerChart } from './views/layer-chart.ts';
import { usedSources } from './views/layer-details.ts';
import { problemsSection } from './views/problems.ts';
import { createReportTable } from './views/report-layers.ts';
import { createRetrainingSection } from './views/retraining.ts';
import { totalsView } from './views/totals.ts';

startReport();

function startReport(): void {
  // A message that asks for a figure finds the page here once it is built.
  let openFigure: ((key: string) => void) | null = null;
  startPage<ReportView>({
    page: 'report',
    title: 'Energy report',
    select: (message) => (message.kind === 'report' ? message.view : null),
    hear: (message) => {
      if (message.kind === 'show-figure') openFigure?.(message.figure);
    },
    mount: (root, context) => mount(root, context, (open) => (openFigure = open)),
  });
}

function mount(root: HTMLElement, context: PageContext, listenTo: (open: (key: string) => void) => void): (view: ReportView) => string {
  const { t } = context;
  const header = createSlot(h('div'));
  const totals = createSlot(h('div'));
  const changes = createSlot(h('div'));
  const grounds = createSlot(h('div'));
  const results = createSlot(h('div', { class: 'report-results' }));
  const reasons = createSlot(h('div', { class: 'report-reasons' }));
  const legend = createSlot(h('div'));
  const layers = createSlot(h('div', { hidden: true }));
  const chart = createLayerChart(context);
  const table = createReportTable(context);
  const retraining = createRetrainingSection(context);
  const frame = h('div', { class: 'report-frame' });
  const drawer = createFigureDrawer(context, frame, (isOpen) => frame.classList.toggle('is-explaining', isOpen));
  const byLayer = h(
    'section',
    { class: 'section report-layers', 'aria-labelledby': 'layers-heading' },
    h('h2', { id: 'layers-heading' }, t('By layer')),
    chart.element,
    table.element,
    legend.element,
  );
  const main = h(
    'div',
    { class: 'report-main' },
    header.element,
    totals.element,
    changes.element,
    retraining.element,
    grounds.element,
    h('div', { class: 'report-columns' }, results.element, byLayer, reasons.element),
  );
  fill(frame, main, drawer.element);
  fill(root, frame);
  listenTo((key) => drawer.open(key, null));
  listen(frame, 'click', (event) => {
    const pressed = event.target instanceof Element ? event.target.closest('[data-figure]') : null;
    if (pressed !== null) drawer.open(pressed.getAttribute('data-figure') ?? '', pressed);
  });

  return (view) => {
    header.show([view.title, view.model, view.target, view.notice], () => [
      headerView(view, context),
      view.notice !== undefined && h('p', { class: 'note section' }, icon('warning', 'severity-warning'), h('span', {}, view.notice)),
    ]);
    totals.show(view.totals, () => [totalsView(view.totals, context)]);
    const changed = view.changes ?? [];
    changes.show(changed, () => [changed.length > 0 && changesView(changed, context)]);
    retraining.update(view);
    grounds.show([view.evidence, view.calibration, view.switching], () => [groundsView(view, context)]);
    results.show([view.fit, view.budgets, view.trainingMachine], () => [
      view.fit !== null && fitView(view.fit, context),
      view.budgets.length > 0 && budgetsView(view.budgets, context),
      view.trainingMachine !== undefined && trainingMachineView(view.trainingMachine, context),
    ]);
    results.element.hidden = view.fit === null && view.budgets.length === 0 && view.trainingMachine === undefined;
    // The slot holds nothing: it only tells whether the layers changed, which is what chart and table cost.
    layers.show(view.layers, () => {
      chart.update(view.layers);
      table.update(view.layers);
      return [];
    });
    const used = usedSources(view.layers);
    legend.show([...used], () => [sourceLegend(t, used)]);
    reasons.show([view.assumptions, view.problems], () => [
      view.problems.length > 0 && problemsSection(view.problems, context),
      view.assumptions.length > 0 && assumptionsView(view.assumptions, context),
    ]);
    drawer.update(view);
    return shortName(baseName(view.model), 60);
  };
}

function headerView(view: ReportView, context: PageContext): HTMLElement {
  const { t } = context;
  const facts = [
    { name: t('Model'), value: shortName(baseName(view.model)), title: view.model },
    { name: t('Target'), value: view.target },
  ];
  const plan =
    view.title !== '' && view.title !== view.model && view.title !== t('Energy report')
      ? [{ name: t('Plan'), value: shortName(baseName(view.title)), title: view.title }]
      : [];
  return pageHeader(
    t('Energy report'),
    [...plan, ...facts],
    [
      actionButton(context, { label: t('Optimise energy…'), command: 'optimise', kind: 'secondary' }),
      actionButton(context, { label: t('Export…'), command: 'export-report', kind: 'secondary' }),
      actionButton(context, { label: t('Refresh'), command: 'refresh', kind: 'secondary' }),
    ],
  );
}
