import type { EvidenceView, FigureView, LayerView, ReportView } from '../messages/index.ts';
import { joulesBand, joulesText } from './draw/joules.ts';
import { formulaText, metricName, partFormula, partName } from './formulas.ts';
import type { Metric } from './formulas.ts';
import type { Translate } from './strings.ts';

/** Names of the figures of a report: they stand in the page's state and in links, and survive a new report. Layer ids come last and may hold anything. */
export const figureKeys = {
  total: (metric: Metric): string => `total/${metric}`,
  machine: (metric: Metric): string => `machine/${metric}`,
  layer: (metric: Metric, id: string): string => `layer/${metric}/${id}`,
  part: (index: number, id: string): string => `part/${index}/${id}`,
  totalPart: (name: string): string => `total-part/${name}`,
  solved: (id: string): string => `solved/${id}`,
  evidence: (index: number, which: 'estimate' | 'simulated' | 'measured'): string => `evidence/${which}/${index}`,
  change: (index: number, which: 'before' | 'after'): string => `change/${which}/${index}`,
};

/** A part of a figure; `key` opens it, null where there is no more to tell. */
export interface FigurePart {
  readonly name: string;
  readonly figure: FigureView;
  readonly key: string | null;
}

/** All that a report knows of one of its figures. */
export interface FigureFacts {
  readonly key: string;
  readonly title: string;
  readonly figure: FigureView;
  readonly formula: string;
  readonly parts: readonly FigurePart[];
  /** What the parts are: components add up; layers may be the largest of many. */
  readonly partsAre: 'components' | 'layers';
  /** How many more parts there are than `parts` lists. */
  readonly morePartsCount: number;
  readonly evidence: readonly EvidenceView[];
  readonly layerId: string | null;
  /** What kind of energy it is, for what would make it better; null where that is not known. */
  readonly metric: Metric | null;
}

const metrics: readonly Metric[] = ['inference', 'sgd', 'solve', 'incremental'];
const maxParts = 12;

/** The figure with a key, or null when the report has none such (any more). */
export function findFigure(view: ReportView, key: string, t: Translate): FigureFacts | null {
  const [, kind = '', middle = '', rest = ''] = /^([a-z-]+)\/([^/]*)(?:\/([\s\S]*))?$/.exec(key) ?? [];
  const metric = metrics.find((name) => name === middle) ?? null;
  switch (kind) {
    case 'total':
      return metric === null ? null : totalFacts(view, key, metric, t);
    case 'machine':
      return metric === null ? null : machineFacts(view, key, metric, t);
    case 'layer':
      return metric === null ? null : layerFacts(view, key, metric, rest, t);
    case 'part':
      return partFacts(view, key, Number(middle), rest, t);
    case 'total-part':
      return totalPartFacts(view, key, key.slice('total-part/'.length), t);
    case 'solved':
      return solvedFacts(view, key, key.slice('solved/'.length), t);
    case 'evidence':
      return evidenceFacts(view, key, middle, Number(rest), t);
    case 'change':
      return changeFacts(view, key, middle, Number(rest), t);
    default:
      return null;
  }
}

/** Sum of figures as the solver forms it: ends add to ends, the weakest source stands for all, references are united. Null without any. */
export function sumFigures(figures: readonly FigureView[], t: Translate): FigureView | null {
  const [first] = figures;
  if (first === undefined) return null;
  const order: readonly FigureView['source'][] = ['measured', 'simulated', 'modelled', 'assumed'];
  const sum = (pick: (figure: FigureView) => number): number => figures.reduce((total, figure) => total + pick(figure), 0);
  const [value, low, high] = [sum((one) => one.value), sum((one) => one.low), sum((one) => one.high)];
  const source = order[Math.max(...figures.map((one) => order.indexOf(one.source)))] ?? 'assumed';
  const ref = [...new Set(figures.flatMap((one) => one.ref.split(/;\s+/)))].join('; ');
  return { text: joulesText(value), value, low, high, bandText: joulesBand(t, { low, high }), source, ref };
}

/** The components of all layers, summed by name, in the order in which they first occur. */
export function totalParts(layers: readonly LayerView[], t: Translate): { readonly name: string; readonly figure: FigureView }[] {
  const byName = new Map<string, FigureView[]>();
  for (const layer of layers) {
    for (const { name, figure } of layer.components) {
      const known = byName.get(name);
      if (known === undefined) byName.set(name, [figure]);
      else known.push(figure);
    }
  }
  return [...byName].flatMap(([name, figures]) => {
    const figure = sumFigures(figures, t);
    return figure === null ? [] : [{ name, figure }];
  });
}

type Facts = Pick<FigureFacts, 'key' | 'title' | 'figure' | 'formula'> & Partial<FigureFacts>;

function facts(given: Facts): FigureFacts {
  return { parts: [], partsAre: 'components', morePartsCount: 0, evidence: [], layerId: null, metric: null, ...given };
}

function largestLayers(layers: readonly LayerView[], metric: Metric): Pick<FigureFacts, 'parts' | 'partsAre' | 'morePartsCount'> {
  const known = layers.flatMap((layer): FigurePart[] => {
    const figure = layer[metric];
    return figure === null ? [] : [{ name: layer.id, figure, key: figureKeys.layer(metric, layer.id) }];
  });
  const parts = known.toSorted((a, b) => b.figure.value - a.figure.value).slice(0, maxParts);
  return { parts, partsAre: 'layers', morePartsCount: known.length - parts.length };
}

function totalFacts(view: ReportView, key: string, metric: Metric, t: Translate): FigureFacts | null {
  const figure = view.totals[metric];
  if (figure === null) return null;
  const title = t('{0}, whole model', metricName(t, metric));
  const common = {
    key,
    title,
    figure,
    formula: formulaText(t, metric),
    metric,
    evidence: evidenceFor(metric, view.evidence),
  };
  const components = metric === 'inference' ? totalParts(view.layers, t) : [];
  if (components.length === 0) return facts({ ...common, ...largestLayers(view.layers, metric) });
  return facts({
    ...common,
    parts: components.map(({ name, figure: one }) => ({ name: partName(t, name), figure: one, key: figureKeys.totalPart(name) })),
  });
}

/** Evidence of a solve belongs to the solve, the rest to inference. */
function evidenceFor(metric: Metric, all: readonly EvidenceView[] = []): readonly EvidenceView[] {
  if (metric !== 'solve' && metric !== 'inference') return [];
  return all.filter((one) => (metric === 'solve') === /solve|switching in it/.test(one.of));
}

function machineFacts(view: ReportView, key: string, metric: Metric, t: Translate): FigureFacts | null {
  const machine = view.trainingMachine;
  const figure = metric === 'inference' ? null : (machine?.[metric] ?? null);
  if (machine === undefined || figure === null) return null;
  const title = t('{0}, on {1}', metricName(t, metric), machine.name);
  return facts({ key, title, figure, formula: formulaText(t, metric), metric });
}

function layerFacts(view: ReportView, key: string, metric: Metric, id: string, t: Translate): FigureFacts | null {
  const layer = view.layers.find((candidate) => candidate.id === id);
  const figure = layer?.[metric] ?? null;
  if (layer === undefined || figure === null) return null;
  const parts =
    metric === 'inference'
      ? layer.components.map((part, index) => ({ ...part, name: partName(t, part.name), key: figureKeys.part(index, id) }))
      : [];
  const evidence = evidenceFor(metric, layer.evidence);
  const title = t('{0} of {1}', metricName(t, metric), id);
  return facts({ key, title, figure, formula: formulaText(t, metric), parts, evidence, layerId: id, metric });
}

function partFacts(view: ReportView, key: string, index: number, id: string, t: Translate): FigureFacts | null {
  const part = view.layers.find((candidate) => candidate.id === id)?.components[index];
  if (part === undefined) return null;
  const { name, figure } = part;
  return facts({
    key,
    title: t('{0} of {1}, one inference', partName(t, name), id),
    figure,
    formula: partFormula(t, name),
    layerId: id,
    metric: 'inference',
  });
}

function totalPartFacts(view: ReportView, key: string, name: string, t: Translate): FigureFacts | null {
  const figure = totalParts(view.layers, t).find((part) => part.name === name)?.figure;
  if (figure === undefined) return null;
  const all = view.layers.flatMap((layer): FigurePart[] => {
    const index = layer.components.findIndex((part) => part.name === name);
    const part = layer.components[index];
    return part === undefined ? [] : [{ name: layer.id, figure: part.figure, key: figureKeys.part(index, layer.id) }];
  });
  const parts = all.toSorted((a, b) => b.figure.value - a.figure.value).slice(0, maxParts);
  const title = t('{0} of one inference, whole model', partName(t, name));
  const formula = partFormula(t, name);
  return facts({ key, title, figure, formula, parts, partsAre: 'layers', morePartsCount: all.length - parts.length, metric: 'inference' });
}

function solvedFacts(view: ReportView, key: string, id: string, t: Translate): FigureFacts | null {
  const figure = view.fit?.layers.find((layer) => layer.id === id)?.energy ?? null;
  if (figure === null) return null;
  return facts({
    key,
    title: t('Energy of the last solve of {0}', id),
    figure,
    formula: t('What the last fit did, by its record: engine cycles, words over the link and refinement passes, priced by the target.'),
    layerId: id,
    metric: 'solve',
  });
}

function evidenceFacts(view: ReportView, key: string, which: string, index: number, t: Translate): FigureFacts | null {
  const evidence = view.evidence?.[index];
  if (evidence === undefined) return null;
  const kinds = { estimate: t('estimate'), simulated: t('simulated'), measured: t('measured') } as const;
  const kind = (['estimate', 'simulated', 'measured'] as const).find((name) => name === which);
  const figure = kind === undefined ? null : evidence[kind];
  if (kind === undefined || figure === null) return null;
  const formulas = {
    estimate: t('Computed from published tables and the constants of the target.'),
    simulated: t('The circuit ran in simulation and what switched was counted; the tables of the target price it.'),
    measured: t('A meter was read over many runs, and the idle power was taken off. The band is the 95 % confidence interval.'),
  };
  return facts({ key, title: t('{0}, {1}', evidence.of, kinds[kind]), figure, formula: formulas[kind], evidence: [evidence] });
}

function changeFacts(view: ReportView, key: string, which: string, index: number, t: Translate): FigureFacts | null {
  const change = view.changes?.[index];
  const figure = which === 'before' ? change?.energyBefore : which === 'after' ? change?.energyAfter : null;
  if (change === undefined || figure === undefined || figure === null) return null;
  const formula = change.kind === 'fit' ? formulaText(t, which === 'before' ? 'sgd' : 'solve') : formulaText(t, 'inference');
  return facts({ key, title: which === 'before' ? t('Before: {0}', change.of) : t('After: {0}', change.of), figure, formula });
}
