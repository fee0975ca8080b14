import type {
  CompoundDecision,
  CompoundDocument,
  CompoundHead,
  CompoundModule,
  CompoundSums,
  Quantity,
} from '../solver-core/protocol/index.ts';
import type {
  CompoundDecisionView,
  CompoundModuleView,
  CompoundPoint,
  CompoundRow,
  CompoundUpdateView,
  CompoundView,
  FigureView,
  JoulesView,
} from '../webview/messages/index.ts';
import { maxDecisions, thinned, type CompoundRun, type CoursePoint, type NumberedUpdate } from './compound-run.ts';
import { figureView } from './figure-view.ts';
import { formatBytes, formatCount, formatNumber, formatQuantity, type Translate } from './format.ts';
import { shareText } from './to-optimise-view.ts';

/** Points of the curves; more cannot be told apart on a screen. */
const maxPoints = 300;
const maxInput = 400;
/** Batches told while more come in. */
const maxLiveUpdates = 50;

/** What the page has and asks for. */
export interface CompoundQuestion {
  /** Number of the last decision the page has; null: it has none of this run. */
  readonly known: number | null;
  /** Number of the decision it wants to know more about. */
  readonly inspected: number | null;
  /** Of the plan's text as it is now; null when not known. */
  readonly planHash: string | null;
}

/** A compound model on a stream, for its page. */
export function compoundView(run: CompoundRun, question: CompoundQuestion, t: Translate): CompoundView {
  const { record, error } = run;
  const last = run.course.at(-1);
  const running = last?.running;
  const chosen = question.inspected === null ? undefined : run.decisions.find(({ index }) => index === question.inspected);
  return {
    plan: run.plan,
    stream: run.stream ?? record?.stream ?? '',
    task: record === null ? '' : taskText(record.task, t),
    running: run.running,
    canResume: run.hasState && run.stream !== null,
    resumeNote: record === null ? '' : resumeText(record.from, t),
    rows: rowsSince(run.decisions, question.known),
    decisionCount: run.decisionCount,
    inspected: chosen ? decisionView(chosen, t) : null,
    totals: {
      accuracy: shareOrNone(running?.accuracy ?? null),
      loss: running?.loss === undefined || running.loss === null ? '\u2013' : formatNumber(running.loss),
      escalated: shareOrNone(running?.escalated ?? null),
      hitRate: shareOrNone(running?.hitRate ?? null),
      sums: sumsView(last?.sums ?? record?.totals.sums ?? null, t),
    },
    points: thinned(run.course, maxPoints).map((point) => pointView(point, t)),
    updates: run.updates
      .slice(run.running === null ? 0 : -maxLiveUpdates)
      .toReversed()
      .map((update) => updateView(update, t)),
    updateCount: run.updateCount,
    result: record === null ? null : resultView(run, record, question.planHash, t),
    error,
    problems: (record?.diagnostics ?? []).map(({ severity, code, message }) => ({ severity, code, message })),
  };
}

function rowsSince(decisions: readonly CompoundDecision[], known: number | null): CompoundView['rows'] {
  const added = known === null ? decisions : decisions.filter(({ index }) => index > known);
  return { reset: known === null, added: added.slice(-maxDecisions).map(rowView) };
}

function rowView(decision: CompoundDecision): CompoundRow {
  const { index, input, exit, cache, confidence, prediction, label, correct, energy } = decision;
  return {
    index,
    input: input.slice(0, maxInput),
    exit,
    cache,
    confidence: shareText(confidence),
    prediction: prediction.slice(0, maxInput),
    label: label === null ? null : label.slice(0, maxInput),
    correct,
    energy: formatQuantity(energy.total),
    source: energy.total.source,
  };
}

function decisionView(decision: CompoundDecision, t: Translate): CompoundDecisionView {
  const { energy, loss, reason } = decision;
  return {
    ...rowView(decision),
    loss: loss === null ? '\u2013' : t('{0} nats', formatNumber(loss)),
    reason,
    total: figureOf(energy.total, t),
    parts: [
      { name: t('lower module'), figure: figureOf(energy.lower, t) },
      { name: t('cache'), figure: figureOf(energy.cache, t) },
      { name: t('head'), figure: figureOf(energy.head, t) },
      { name: t('upper module'), figure: figureOf(energy.upper, t) },
    ],
  };
}

function pointView({ decisions, running, sums, learned }: CoursePoint, t: Translate): CompoundPoint {
  // What the sums rest on is told once, with the totals: hundreds of points would repeat it with every message.
  const ref = t('as the totals');
  const joules = ({ value, low, high, source }: Quantity<'J'>): JoulesView => ({ value, unit: 'J', low, high, source, ref });
  return {
    decisions,
    accuracy: running.accuracy,
    escalated: running.escalated,
    hitRate: running.hitRate,
    compound: joules(sums.compound),
    alwaysLower: joules(sums.alwaysLower),
    alwaysUpper: joules(sums.alwaysUpper),
    retraining: joules(sums.retraining),
    learned,
  };
}

function updateView({ index, update }: NumberedUpdate, t: Translate): CompoundUpdateView {
  const classes = update.newClasses.length === 0 ? [] : [t('new classes {0}', update.newClasses.slice(0, 20).join(', '))];
  return {
    index,
    decision: update.decision,
    head: headText(update.head, t),
    reason: update.reason,
    gain: update.expectedGain === null ? t('not estimated') : t('{0} errors avoided', formatNumber(update.expectedGain)),
    energy: figureOf(update.energy, t),
    signals: [...update.drift, ...classes].join(', '),
  };
}

function resultView(
  run: CompoundRun,
  record: CompoundDocument,
  planHash: string | null,
  t: Translate,
): NonNullable<CompoundView['result']> {
  const { calibration, heldOut, totals } = record;
  return {
    began: beganText(record, t),
    stale: staleText(run, planHash, t),
    lower: moduleView(record.lower, t),
    upper: moduleView(record.upper, t),
    deciding: figureOf(totals.energy.deciding, t),
    learning: figureOf(totals.energy.learning, t),
    heldOut: heldOut && { before: shareText(heldOut.before), after: shareText(heldOut.after), rows: formatCount(heldOut.rows) },
    calibration: {
      rows: formatCount(calibration.rows),
      temperature: formatNumber(calibration.temperature),
      errorBefore: shareText(calibration.calibrationError.before),
      errorAfter: shareText(calibration.calibrationError.after),
      threshold: calibration.threshold,
      thresholdText: thresholdText(calibration.threshold, t),
      curve: calibration.curve.slice(0, 500).map((point) => ({ ...point, energy: figureOf(point.energy, t) })),
    },
    heads: record.heads.slice(0, 20).map((trial) => ({
      exit: trial.exit,
      head: headText(trial.head, t),
      loss: formatNumber(trial.loss),
      accuracy: shareText(trial.accuracy),
      energy: figureOf(trial.energy, t),
      chosen: trial.chosen,
      reason: trial.reason,
    })),
    cache: cacheView(record.cache, t),
    files: [record.outputs.lower, record.outputs.upper, record.outputs.state, record.outputs.log],
  };
}

/** What Resume does next, for people. */
function resumeText({ after, of }: CompoundDocument['from'], t: Translate): string {
  if (after < of)
    return t(
      'Resume goes on behind decision {0} of {1}, where the stream was stopped, with heads, cache and counts as they were left.',
      formatCount(after),
      formatCount(of),
    );
  return t(
    'The stream was read to its end. Resume reads what has been added to it since, or else all of it once more, with heads, cache and counts as they were left.',
  );
}

/** From where a run went on, for people. */
function beganText({ from }: CompoundDocument, t: Translate): string {
  switch (from.how) {
    case 'start':
      return t('Began without a state of an earlier run.');
    case 'continued':
      return t('Went on behind decision {0} of the stream, where an earlier run was stopped.', formatCount(from.before));
    case 'grown':
      return t('Went on behind the {0} decisions of the stream that were read before it grew.', formatCount(from.before));
    case 'again':
      return t('Read the stream once more, with what earlier runs had learned from it.');
    case 'another':
      return t('Began this stream with what earlier runs had learned from another one.');
  }
}

function staleText({ restored, planHash }: CompoundRun, now: string | null, t: Translate): string | null {
  if (now !== null && planHash !== null && now !== planHash)
    return t('The plan has changed since this run. Run it again before you rely on it.');
  return restored ? t('This run is from an earlier session; plan and models may have changed since.') : null;
}

function cacheView(cache: CompoundDocument['cache'], t: Translate): NonNullable<CompoundView['result']>['cache'] {
  if (cache === null) return null;
  const hitRate = cache.lookups === 0 ? null : cache.hits / cache.lookups;
  const breakEven = cache.breakEvenHitRate;
  return {
    used: t('{0} of {1}', formatBytes(cache.bytes), formatBytes(cache.limitBytes)),
    entries: formatCount(cache.entries),
    lookups: formatCount(cache.lookups),
    hits: formatCount(cache.hits),
    prefixHits: formatCount(cache.prefixHits),
    evictions: formatCount(cache.evictions),
    hitRate: shareOrNone(hitRate),
    breakEven: breakEven === null ? t('never') : shareText(breakEven),
    verdict:
      breakEven === null
        ? t('The cache never saves energy here: looking up and reading cost more than they spare.')
        : hitRate === null
          ? t('The cache was not asked.')
          : hitRate <= breakEven && cache.prefixHits > 0
            ? t(
                '{0} of the look-ups hit and {1} found a beginning; hits alone pay off above {2}.',
                shareText(hitRate),
                formatCount(cache.prefixHits),
                shareText(breakEven),
              )
            : hitRate > breakEven
              ? t('The cache saved energy: {0} of the look-ups hit, and it pays off above {1}.', shareText(hitRate), shareText(breakEven))
              : t(
                  'The cache cost more than it saved: {0} of the look-ups hit, and it pays off above {1}.',
                  shareText(hitRate),
                  shareText(breakEven),
                ),
  };
}

function moduleView(module: CompoundModule, t: Translate): CompoundModuleView {
  const { name, macs, parameters, energy } = module;
  return { name, macs: formatCount(macs), parameters: formatCount(parameters), energy: figureView(energy, t) };
}

/** A confidence below which a decision is escalated, in words: the ends escalate never and always. */
export function thresholdText(threshold: number, t: Translate): string {
  if (threshold <= 0) return t('never escalated');
  if (threshold > 1) return t('always escalated');
  return t('escalated below {0}', shareText(threshold));
}

/** The words for a way in which a head learns. */
export function headText(head: CompoundHead, t: Translate): string {
  return head === 'rls' ? t('recursive least squares') : t('gradient steps on cross-entropy');
}

function taskText(task: CompoundDocument['task'], t: Translate): string {
  return { 'next-token': t('next token'), 'text-class': t('class of a text'), 'row-class': t('class of a row') }[task];
}

function sumsView(sums: CompoundSums | null, t: Translate): CompoundView['totals']['sums'] {
  const figure = (name: keyof CompoundSums): FigureView | null => (sums === null ? null : figureOf(sums[name], t));
  return {
    compound: figure('compound'),
    alwaysLower: figure('alwaysLower'),
    alwaysUpper: figure('alwaysUpper'),
    retraining: figure('retraining'),
  };
}

const shareOrNone = (value: number | null): string => (value === null ? '\u2013' : shareText(value));

function figureOf(quantity: Quantity<'J'>, t: Translate): FigureView {
  return figureView(quantity, t) ?? { text: '\u2013', value: 0, low: 0, high: 0, bandText: '', source: 'assumed', ref: '' };
}
