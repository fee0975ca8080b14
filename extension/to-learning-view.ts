import type { LearnBatch } from '../solver-core/protocol/index.ts';
import type { JoulesView, LearningBatchView, LearningPoint, LearningView } from '../webview/messages/index.ts';
import { figureView } from './figure-view.ts';
import { formatCount, formatMetric, formatNumber, formatQuantity, type Translate } from './format.ts';
import type { LearningRun } from './learning-run.ts';
import { metricName } from './to-view.ts';

/** Batches sent to the page, the newest; the record has them all. */
const maxBatches = 500;
/** Points of the curves; more cannot be told apart on a screen. */
const maxPoints = 400;

/** A learning run for its page. */
export function learningView(run: LearningRun, t: Translate): LearningView {
  const { record, batches } = run;
  const metric = metricOf(run);
  const heldOut = record?.evaluation.heldOut ?? null;
  const running = batches.at(-1)?.running;
  return {
    plan: run.plan,
    data: run.data,
    tier: record?.tier ?? '\u2013',
    policy: record === null ? t('as the plan says') : policyText(record.policy, t),
    metric,
    metricText: metricName(metric, t),
    running: run.running,
    batches: batches
      .slice(-maxBatches)
      .toReversed()
      .map((batch) => batchView(batch, metric, t)),
    batchCount: batches.length,
    points: thinned(batches),
    totals: {
      rows: formatCount(run.rows),
      updates: formatCount(batches.filter((batch) => batch.decision === 'update' || batch.decision === 'refit').length),
      skips: formatCount(batches.filter((batch) => batch.decision === 'skip').length),
      quality: running === undefined ? '\u2013' : formatMetric(metric, running),
      energy: figureView(run.energy, t),
      always: figureView(record?.totals.energyAlways ?? null, t),
    },
    result:
      record === null
        ? null
        : {
            output: record.output,
            state: record.state,
            resumed: record.resumed,
            heldOut:
              heldOut === null
                ? null
                : {
                    before: formatMetric(metric, heldOut.before),
                    after: formatMetric(metric, heldOut.after),
                    rows: formatCount(heldOut.rows),
                  },
          },
    problems: (record?.diagnostics ?? []).map(({ severity, code, message }) => ({ severity, code, message })),
  };
}

/** What the figures of a run measure; known from its first batch on. */
function metricOf({ batches, record }: LearningRun): 'accuracy' | 'mse' {
  return record?.evaluation.metric ?? batches[0]?.metric ?? 'accuracy';
}

/** One line on a learning run for the Tiers panel. */
export function learningText(run: LearningRun, t: Translate): { readonly running: boolean; readonly text: string } {
  const { batches, energy } = run;
  const quality = batches.at(-1)?.running;
  if (quality === undefined || energy === null)
    return { running: run.running !== null, text: run.running?.message ?? t('stopped before the first batch') };
  const metric = metricOf(run);
  const count = batches.length === 1 ? t('1 batch') : t('{0} batches', formatCount(batches.length));
  const text = t('{0}, {1} {2}, {3} spent', count, metricName(metric, t), formatMetric(metric, quality), formatQuantity(energy));
  return { running: run.running !== null, text };
}

function batchView(batch: LearnBatch, metric: 'accuracy' | 'mse', t: Translate): LearningBatchView {
  const energy = figureView(batch.energy, t);
  const classes = batch.newClasses.length === 0 ? [] : [t('new classes {0}', batch.newClasses.join(', '))];
  return {
    index: batch.index,
    rows: formatCount(batch.rows),
    decision: batch.decision,
    reason: batch.reason,
    before: formatMetric(metric, batch.before),
    after: formatMetric(metric, batch.after),
    running: formatMetric(metric, batch.running),
    gain: batch.expectedGain === null ? t('not estimated') : t('{0} errors avoided', formatNumber(batch.expectedGain)),
    energy: energy ?? { text: '\u2013', value: 0, low: 0, high: 0, bandText: '', source: 'assumed', ref: '' },
    signals: [...batch.drift, ...classes].join(', '),
  };
}

function policyText(policy: string, t: Translate): string {
  if (policy === 'always') return t('learn from every batch');
  if (policy === 'never') return t('never learn');
  return policy === 'plan' ? t('as the plan says') : policy;
}

/** At most `maxPoints` points in order, the last one always among them; the joules of those left out are in the sums. */
function thinned(batches: readonly LearnBatch[]): readonly LearningPoint[] {
  const stride = Math.max(1, Math.ceil(batches.length / maxPoints));
  const points: LearningPoint[] = [];
  let spent: JoulesView | undefined;
  let learned: LearningPoint['decision'] = 'skip';
  batches.forEach((batch, i) => {
    const sum = plus(spent, batch.energy);
    spent = sum;
    if (batch.decision !== 'skip') learned = batch.decision;
    if ((i + 1) % stride !== 0 && i !== batches.length - 1) return;
    points.push({ index: batch.index, running: batch.running, batch: batch.before, spent: sum, decision: learned });
    learned = 'skip';
  });
  return points;
}

const strength: Readonly<Record<JoulesView['source'], number>> = { assumed: 0, modelled: 1, simulated: 2, measured: 3 };

/** The sum, bounds added; as weak as its weakest part. */
function plus(sum: JoulesView | undefined, { value, low, high, source, ref }: LearnBatch['energy']): JoulesView {
  if (sum === undefined) return { value, unit: 'J', low, high, source, ref };
  const weaker = strength[source] < strength[sum.source] ? source : sum.source;
  return { value: sum.value + value, unit: 'J', low: sum.low + low, high: sum.high + high, source: weaker, ref: sum.ref };
}
