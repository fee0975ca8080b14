import type {
  EnergyDocument,
  FitDocument,
  Quantity,
  SavingDocument,
  SelectDocument,
  SparsifyDocument,
} from '../solver-core/protocol/index.ts';
import type { ChangeView } from '../webview/messages/index.ts';
import { figureView } from './figure-view.ts';
import { formatCount, formatMetric, formatValue, type Translate } from './format.ts';
import type { PlanSnapshot } from './plan-snapshot.ts';
import { metricName } from './to-view.ts';

/** The newest results of a plan's searches; null where there is none. */
export interface ChangeResults {
  readonly select: SelectDocument | null;
  readonly sparsify: SparsifyDocument | null;
}

/** What changed the model of a plan or keeps it current: its fit, its selected weights, its sparse activations. */
export function changeViews(snapshot: PlanSnapshot, results: ChangeResults, t: Translate): ChangeView[] {
  const { fit, energy, stale } = snapshot;
  return [
    ...(fit && energy ? fitChange(fit, energy, stale, t) : []),
    ...(results.select?.saving ? [savingChange('select', results.select.saving, t)] : []),
    ...(results.sparsify?.energy ? [savingChange('sparsify', results.sparsify.energy.againstNatural, t)] : []),
  ];
}

/** A fit leaves one inference as it was: what it saves is the training. Both sides are of the layers that were solved, on the target. */
function fitChange(fit: FitDocument, energy: EnergyDocument, stale: boolean, t: Translate): ChangeView[] {
  const solved = new Set(fit.layers.map((layer) => layer.id));
  const layers = energy.layers.filter((layer) => solved.has(layer.id));
  if (layers.length === 0) return [];
  const { evaluation } = fit;
  return [
    {
      kind: 'fit',
      of: layers.length === 1 ? t('training the solved layer once') : t('training the {0} solved layers once', layers.length),
      energyBefore: figureView(sumOf(layers.map((layer) => layer.retraining.sgd)), t),
      energyAfter: figureView(sumOf(layers.map((layer) => layer.retraining.solve)), t),
      saving: '',
      quality: evaluation ? metricName(evaluation.metric, t) : '',
      qualityBefore: evaluation ? formatMetric(evaluation.metric, evaluation.before) : '',
      qualityAfter: evaluation ? formatMetric(evaluation.metric, evaluation.after) : '',
      rowsText: evaluation ? rowsOf(evaluation.rows, evaluation.split, t) : '',
      stale,
    },
  ];
}

/** A saving by its first table, with what all tables of the cell say beside it. */
function savingChange(kind: 'select' | 'sparsify', saving: SavingDocument, t: Translate): ChangeView {
  const [first] = saving.perTable;
  const range =
    saving.low === saving.high
      ? percent(saving.low)
      : t('{0} to {1}', percent(Math.min(saving.low, saving.high)), percent(Math.max(saving.low, saving.high)));
  return {
    kind,
    of: t('{0}; before: {1}', saving.variant, saving.baseline),
    energyBefore: figureView(first?.before ?? null, t),
    energyAfter: figureView(first?.after ?? null, t),
    saving: first
      ? t('Saving by every table: {0}. The two energies are by {1}.', range, first.table)
      : t('Saving by every table: {0}.', range),
    quality: metricName(saving.metric, t),
    qualityBefore: formatMetric(saving.metric, saving.before),
    qualityAfter: formatMetric(saving.metric, saving.after),
    rowsText: saving.split,
    stale: false,
  };
}

function percent(share: number): string {
  return `${formatValue(100 * share, '1')} %`;
}

function rowsOf(rows: number, split: string, t: Translate): string {
  return t('{0} rows, {1}', formatCount(rows), split);
}

/** Sum as the solver forms it: ends add to ends, the weakest source stands for all. Null when one is missing: a part is not the whole. */
export function sumOf(quantities: readonly (Quantity<'J'> | null)[]): Quantity<'J'> | null {
  const order: readonly Quantity['source'][] = ['measured', 'simulated', 'modelled', 'assumed'];
  const known = quantities.filter((quantity) => quantity !== null);
  if (known.length === 0 || known.length < quantities.length) return null;
  const sum = (pick: (quantity: Quantity<'J'>) => number): number => known.reduce((total, quantity) => total + pick(quantity), 0);
  const source = order[Math.max(...known.map((quantity) => order.indexOf(quantity.source)))] ?? 'assumed';
  const ref = [...new Set(known.flatMap((quantity) => quantity.ref.split('; ')))].join('; ');
  return { value: sum((one) => one.value), unit: 'J', low: sum((one) => one.low), high: sum((one) => one.high), source, ref };
}
