import type {
  DiffDocument,
  DiffFigure,
  DiffLayer,
  WeightChange,
  WeightChanges,
  WeightFigures,
  WeightsDocument,
} from '../solver-core/protocol/index.ts';
import type { CompareLayerView, CompareView, WeightSideView, WeightsView } from '../webview/messages/index.ts';
import { figureView } from './figure-view.ts';
import { formatCount, formatNumber, formatShape, type Translate } from './format.ts';

const dash = '\u2013';

/** The weights of a layer for its row. `other`: the model that was chosen for comparison, as people know it; null: none. */
export function weightsView(document: WeightsDocument, name: string, other: string | null, t: Translate): WeightsView {
  const { before } = document;
  return {
    tensor: document.tensor,
    dtype: document.dtype,
    shape: formatShape(document.shape),
    edges: document.edges,
    after: sideView(name, document.figures, document.counts, t),
    before: before === null ? null : sideView(other ?? before.model, before.figures, before.counts, t),
    change: before === null ? '' : changeText(before.relativeChange, document.figures.nonFinite + before.figures.nonFinite, t),
    note: before === null && other !== null ? t('{0} has no such layer with weights of that shape.', other) : '',
  };
}

function sideView(name: string, figures: WeightFigures, counts: readonly number[], t: Translate): WeightSideView {
  const share = (part: number): string => shareText(part, figures.count);
  return {
    name,
    counts,
    count: figures.count,
    zeros: figures.zeros,
    rows: [
      { name: t('Values'), value: formatCount(figures.count) },
      { name: t('Exact zeros'), value: share(figures.zeros) },
      { name: t('Near zero (below 1 % of the largest)'), value: share(figures.nearZeros) },
      ...(figures.nonFinite === 0 ? [] : [{ name: t('Not finite'), value: share(figures.nonFinite) }]),
      { name: t('Smallest'), value: formatNumber(figures.min) },
      { name: t('Largest'), value: formatNumber(figures.max) },
      { name: t('Mean'), value: formatNumber(figures.mean) },
      { name: t('Standard deviation'), value: formatNumber(figures.standardDeviation) },
    ],
  };
}

function shareText(part: number, whole: number): string {
  return whole === 0 ? formatCount(part) : `${formatCount(part)} (${percent(part / whole)})`;
}

/** "12 %", "0.034 %", "<0.001 %"; what is nearly all is not said to be all: ">99.99 %". */
function percent(share: number): string {
  const value = 100 * share;
  if (value > 99.99 && value < 100) return '>99.99 %';
  if (value !== 0 && Math.abs(value) < 0.001) return '<0.001 %';
  return `${Number(value.toPrecision(value >= 99.9 ? 4 : 2))} %`;
}

/** The change is over finite values: where others stand beside them, none of it does not mean that nothing changed. */
function changeText(change: number | null, nonFinite: number, t: Translate): string {
  if (change === null) return t('not defined: all weights were zero');
  return change === 0 && nonFinite === 0 ? t('unchanged') : percent(change);
}

/** Two models beside each other. `changes` is null while the weights are still being read. */
export function compareView(
  diff: DiffDocument,
  changes: WeightChanges | null,
  words: { readonly name: string; readonly title: string; readonly running: string | null; readonly notes?: readonly string[] },
  t: Translate,
): CompareView {
  const byId = new Map(changes?.layers.map((change) => [change.id, change]));
  const left = changes?.leftOut ?? 0;
  return {
    name: words.name,
    title: words.title,
    running: words.running,
    layers: diff.layers.map((layer) => layerView(layer, byId.get(layer.id), changes !== null, t)),
    notes: [
      ...(words.notes ?? []),
      ...(left === 0 ? [] : [t('The weights of {0} layers were left out to stay quick; open a row to compare them.', formatCount(left))]),
      ...diff.diagnostics
        .filter((d) => d.severity !== 'info' || d.code.startsWith('diff-'))
        .map((d) => d.message)
        .slice(0, 10),
    ],
    total: { ...energies(diff.totals.inference, t) },
  };
}

function energies(figure: DiffFigure, t: Translate): CompareView['total'] {
  return { before: figureView(figure.before, t), after: figureView(figure.after, t), ...factorText(figure, t) };
}

/** "0.42×" and its band over the tables of constants; both sides rest on the same ones, so the band is narrow. */
function factorText({ change, perTable }: DiffFigure, t: Translate): { readonly factor: string; readonly factorBand: string } {
  if (change === null) return { factor: '', factorBand: '' };
  const ratio = (value: number): string => `${Number((1 + value).toPrecision(3))}\u00d7`;
  if (Math.abs(change) < 5e-4 && (perTable ?? []).every((table) => Math.abs(table.change) < 5e-4))
    return { factor: '1\u00d7', factorBand: '' };
  const all = (perTable ?? []).map((table) => table.change);
  const [low, high] = [Math.min(change, ...all), Math.max(change, ...all)];
  const band = ratio(low) === ratio(high) ? '' : t('{0} to {1}', ratio(low), ratio(high));
  return { factor: ratio(change), factorBand: band };
}

function layerView(layer: DiffLayer, change: WeightChange | undefined, isRead: boolean, t: Translate): CompareLayerView {
  const { before, after, factor, factorBand } = energies(layer.inference, t);
  const zeros = (count: number | null | undefined): string =>
    count === null || count === undefined || !change?.count ? dash : shareText(count, change.count);
  const differs = change?.status === 'changed' || layer.status === 'changed';
  const status = layer.status === 'added' || layer.status === 'removed' ? layer.status : differs ? 'changed' : 'same';
  return {
    id: layer.id,
    idBefore: layer.idBefore ?? null,
    op: layer.op,
    status,
    parametersBefore: formatCount(layer.parameters.before),
    parametersAfter: formatCount(layer.parameters.after),
    inferenceBefore: before,
    inferenceAfter: after,
    factor,
    factorBand,
    ratio: layer.inference.change === null ? null : 1 + layer.inference.change,
    weights: weightsText(layer, change, isRead, t),
    weightChange: change?.relativeChange ?? null,
    zerosBefore: zeros(change?.zeros.before),
    zerosAfter: zeros(change?.zeros.after),
    zeroShare: change?.count && change.zeros.after !== null ? change.zeros.after / change.count : null,
  };
}

function weightsText(layer: DiffLayer, change: WeightChange | undefined, isRead: boolean, t: Translate): string {
  if (layer.status === 'added') return t('only here');
  if (layer.status === 'removed') return t('only before');
  if (!isRead) return '\u2026';
  if (change === undefined || change.status === 'unknown') return t('not compared');
  return change.status === 'same' ? t('unchanged') : change.relativeChange === null ? t('changed') : percent(change.relativeChange);
}
