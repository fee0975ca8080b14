import type { SavingDocument, SelectLayerDocument, SelectPoint, SelectWholeDocument, TableSaving } from '../solver-core/protocol/index.ts';
import type {
  FigureView,
  OptimiseLayer,
  OptimiseOptions,
  OptimisePoint,
  OptimiseSaving,
  OptimiseTable,
  OptimiseView,
  OptimiseWhole,
} from '../webview/messages/index.ts';
import { figureView } from './figure-view.ts';
import { formatCount, formatMetric, formatNumber, type Translate } from './format.ts';
import type { OptimiseRun } from './optimise-run.ts';
import { metricName } from './to-view.ts';

/** Layers sent to the page; a network with more has them all in its record. */
const maxLayers = 5000;
const noFigure: FigureView = { text: '\u2013', value: 0, low: 0, high: 0, bandText: '', source: 'assumed', ref: '' };

/**
 * The search of a plan for its page. `modelHashes`: what the plan's model and its newest fitted model hash to now, as far as that is
 * known; a search starts from either. `planHash`: of the plan's text as it is now, null when not known.
 */
export function optimiseView(
  run: OptimiseRun,
  options: OptimiseOptions,
  modelHashes: readonly string[],
  planHash: string | null,
  t: Translate,
): OptimiseView {
  const { result } = run;
  // A new search has no point yet; its plan's metric is that of the search before.
  const metric = (run.points[0] ?? result?.document.points[0])?.metric ?? 'accuracy';
  const reference = referenceQuality(run.points);
  return {
    plan: run.plan,
    options,
    running: run.running,
    metric,
    metricText: metricName(metric, t),
    points: run.points.map((point) => pointView(point, reference, run.asked.maxDrop, t)),
    result:
      result === null
        ? null
        : {
            options: result.options,
            ...savingView(result.document.saving, t, result.document.rounded ?? null),
            whole: wholeView(result.document.whole ?? null, t),
            layers: result.document.layers.slice(0, maxLayers).map((layer) => layerView(layer, t)),
            rowsText: rowsText(result.document.rows, t),
            took: t('{0} s', formatNumber(result.document.seconds)),
            stale: staleText(result, modelHashes, planHash, t),
          },
    written: run.written,
    error: run.error,
    problems: (result?.document.diagnostics ?? []).map(({ severity, code, message }) => ({ severity, code, message })),
  };
}

/** Why a result may not belong to the model and the plan as they are now; null while it does. */
export function staleText(
  result: {
    readonly document: { readonly hashes: { readonly model: string } };
    readonly restored: boolean;
    readonly planHash: string | null;
  },
  modelHashes: readonly string[],
  planHash: string | null,
  t: Translate,
): string | null {
  if (modelHashes.length > 0 && !modelHashes.includes(result.document.hashes.model))
    return t('The model has changed since this search. Search again before you rely on it.');
  if (planHash !== null && result.planHash !== null && planHash !== result.planHash)
    return t('The plan has changed since this search. Search again before you rely on it.');
  return result.restored ? t('This result is from an earlier session; plan and data may have changed since.') : null;
}

/** What losses count from where points do not tell their own: int8 by rounding, else the first baseline. */
function referenceQuality(points: readonly SelectPoint[]): number | null {
  const baselines = points.filter(({ kind }) => kind === 'baseline');
  return (baselines.find(({ id }) => id === 'int8') ?? baselines[0])?.quality ?? null;
}

function pointView(point: SelectPoint, reference: number | null, limit: number, t: Translate): OptimisePoint {
  const { id, label, kind, metric, quality, saving, allowed, chosen } = point;
  const drop = point.drop ?? (reference === null ? null : dropBetween(metric, reference, quality));
  return {
    id,
    label,
    kind,
    energy: figureView(point.macEnergy, t) ?? noFigure,
    saving,
    savingText: shareText(saving),
    qualityText: formatMetric(metric, quality),
    drop,
    dropText: drop === null ? t('not known') : dropText(metric, drop, t),
    needed: neededDrop(point, drop, limit),
    allowed,
    chosen,
  };
}

/** A share of one allows everything: no slider reaches it. */
const unreachable = 1;

/** The limit that allows a point; of a point that does not tell what its doubts stand for, one that no slider reaches. */
function neededDrop({ kind, allowed, smoothDrop }: SelectPoint, drop: number | null, limit: number): number | null {
  if (drop === null || kind === 'baseline') return drop;
  if (smoothDrop !== undefined) return Math.max(drop, smoothDrop);
  return !allowed && drop <= limit ? unreachable : drop;
}

function dropBetween(metric: SelectPoint['metric'], before: number, after: number): number | null {
  if (metric === 'accuracy') return before - after;
  return before > 0 ? after / before - 1 : null;
}

/** "0.4 points lost", "0.2 points gained"; of an error "3.1 % more error". */
export function dropText(metric: SelectPoint['metric'], drop: number, t: Translate): string {
  // Rounded first: -0.0 is neither lost nor gained.
  const size = Number((Math.abs(drop) * 100).toFixed(1));
  if (size === 0) return t('nothing lost');
  if (metric === 'mse') return drop > 0 ? t('{0} % more error', size.toFixed(1)) : t('{0} % less error', size.toFixed(1));
  return drop > 0 ? t('{0} points lost', size.toFixed(1)) : t('{0} points gained', size.toFixed(1));
}

/** A share with a true minus sign: "43.8 %", "−2.0 %". */
export function shareText(share: number): string {
  const text = `${(Math.abs(share) * 100).toFixed(1)} %`;
  return share < 0 && !/^0\.0/.test(text) ? `\u2212${text}` : text;
}

/**
 * The saving as it may be told (method: a percentage never stands without its baseline, at least two tables and the quality on both
 * sides); otherwise null and what is missing.
 */
export function savingView(
  saving: SavingDocument | null,
  t: Translate,
  rounded: number | null = null,
): { readonly saving: OptimiseSaving | null; readonly savingMissing: string } {
  if (saving === null) return { saving: null, savingMissing: t('Nothing was judged on held-out rows, so that no saving can be stated.') };
  const [first] = saving.perTable;
  const tables = [...new Set(saving.perTable.filter(({ cell }) => cell === first?.cell).map(({ table }) => table))];
  if (saving.baseline.trim() === '') return { saving: null, savingMissing: t('No saving is stated: the record names no baseline.') };
  if (tables.length < 2)
    return {
      saving: null,
      savingMissing: t('No saving is stated: it is known under {0} table of constants, and two are needed.', tables.length),
    };
  if (!Number.isFinite(saving.before) || !Number.isFinite(saving.after))
    return { saving: null, savingMissing: t('No saving is stated: the quality before and after is not known.') };
  const saves = saving.low > 0;
  return {
    saving: {
      headline: saves ? rangeText(saving.low, saving.high) : t('no saving'),
      saves,
      baseline: saving.baseline,
      variant: saving.variant,
      tables: tables.join(', '),
      metricText: metricName(saving.metric, t),
      before: formatMetric(saving.metric, saving.before),
      after: formatMetric(saving.metric, saving.after),
      rounded: rounded === null ? '' : formatMetric(saving.metric, rounded),
      rowsText: saving.split.trim() === '' ? t('{0} rows', formatCount(saving.rows)) : saving.split,
      perTable: saving.perTable.map((entry) => tableView(entry, t)),
    },
    savingMissing: '',
  };
}

/** "31 – 44 %"; with a decimal where whole numbers would hide that there are two ends. */
export function rangeText(low: number, high: number): string {
  const digits = Math.round(low * 100) === Math.round(high * 100) ? 1 : 0;
  // Rounded towards 0 at the low end: what is promised is never more than what was found.
  const scale = 100 * 10 ** digits;
  const [from, to] = [Math.floor(low * scale + 1e-9) / 10 ** digits, Math.round(high * scale) / 10 ** digits];
  return from === to ? `${to.toFixed(digits)} %` : `${from.toFixed(digits)} \u2013 ${to.toFixed(digits)} %`;
}

function tableView({ table, cell, before, after, saving }: TableSaving, t: Translate): OptimiseTable {
  return {
    table,
    cell,
    before: withoutPointBand(figureView(before, t) ?? noFigure),
    after: withoutPointBand(figureView(after, t) ?? noFigure),
    saving,
    savingText: shareText(saving),
  };
}

/** One table gives one number: "2.7 nJ to 2.7 nJ" is no band. */
export function withoutPointBand(figure: FigureView): FigureView {
  return figure.low === figure.high ? { ...figure, bandText: '' } : figure;
}

function wholeView(whole: SelectWholeDocument | null, t: Translate): OptimiseWhole | null {
  const [int8, multiplyAdds, selected] = [whole?.int8, whole?.multiplyAdds, whole?.selected].map((quantity) =>
    figureView(quantity ?? null, t),
  );
  return whole && int8 && multiplyAdds && selected ? { target: whole.target, int8, multiplyAdds, selected } : null;
}

function layerView(layer: SelectLayerDocument, t: Translate): OptimiseLayer {
  return {
    id: layer.id,
    op: layer.op,
    bits: String(layer.bits),
    values: formatCount(layer.values),
    zeros: shareText(layer.zeros),
    error: shareText(layer.outputError),
    inputLevels: formatCount(layer.inputLevels ?? null),
    mu: formatNumber(layer.mu),
    compensated: layer.compensated,
    left: layer.left,
    tables: layer.perTable.map((entry) => tableView(entry, t)),
  };
}

function rowsText(rows: { readonly calibration: number; readonly validation: number; readonly heldOut: number }, t: Translate): string {
  return t(
    '{0} rows steered the search, {1} others chose the point, {2} others judged it at the end',
    formatCount(rows.calibration),
    formatCount(rows.validation),
    formatCount(rows.heldOut),
  );
}
