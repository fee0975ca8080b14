import type { Numerics } from '../fit/numerics.ts';
import type { HeadWeights, LearnRows, UpperLearner } from '../learn/learner.ts';
import { createRidgeLearner } from '../learn/ridge/ridge-learner.ts';
import type { RidgeLearner } from '../learn/ridge/ridge-learner.ts';
import type { LambdaChoice } from '../model/plan.ts';
import { fitTemperature, temperatureLoss } from './calibration.ts';
import type { FeatureSource, RowRole } from './features.ts';
import { labelsOf, rowsOfRole } from './features.ts';
import type { Moments } from './moments.ts';
import { momentsTally } from './moments.ts';
import { createSoftmaxHead, defaultSoftmaxOptions } from './softmax-head.ts';
import type { SoftmaxHead } from './softmax-head.ts';

/** How the heads of an exit are made. */
export interface HeadOptions {
  /** Classes known before the first row: those of the vocabulary, or 0. */
  readonly outputs: number;
  /** Weights that the model has for this head; null: none. The cross-entropy head starts from them. */
  readonly start: HeadWeights | null;
  readonly lambda: LambdaChoice;
  readonly forgetting: number;
  readonly rate: number;
  readonly seed: number;
  readonly numerics: Numerics;
  /** The cross-entropy head stays at its start weights. */
  readonly isFixed?: boolean;
}

/** A head that has learned, and what learning it computed. */
export interface LearnedHead {
  readonly learner: UpperLearner;
  /** Updates of `rows` rows that cost as much as the learning: passes over them, trials of λ. */
  readonly updates: number;
  readonly rows: number;
}

/** λ relative to the default that `auto` tries. */
const lambdaFactors = [1e-2, 1e-1, 1, 10, 100] as const;

/** The recursive ridge head of the rows with the role 'learn', from their sums: memory does not grow with them. */
export async function learnRidge(
  source: FeatureSource,
  roles: readonly RowRole[],
  stop: LearnRows,
  options: HeadOptions,
): Promise<LearnedHead> {
  const { lambda, forgetting, numerics, seed } = options;
  const empty = await createRidgeLearner(
    {
      ...{ inputs: source.width, outputs: options.outputs === 1 ? 2 : options.outputs, labels: 'class', forgetting, seed },
      ...{ lambda: typeof lambda === 'number' ? lambda : undefined, expand: undefined, compensation: undefined },
    },
    numerics,
  );
  let head = empty;
  let last: { readonly before: RidgeLearner; readonly rows: LearnRows } | null = null;
  let rows = 0;
  for await (const piece of rowsOfRole(source, roles, 'learn')) {
    last = { before: head, rows: piece };
    // What comes first counts as much as what comes last, also for a head that forgets later.
    head = await head.refitted(piece, { keep: 1 });
    rows += piece.rows;
  }
  if (lambda !== 'auto' || last === null) return { learner: head, updates: 1, rows };
  const usual = (await head.lambdaUsed()) ?? 0;
  let best: { readonly head: RidgeLearner; readonly loss: number } | null = null;
  for (const factor of lambdaFactors) {
    const tried = await last.before.refitted(last.rows, { keep: 1, lambda: factor * usual });
    const loss = await lossAfterTemperature(tried, stop);
    if (best === null || loss < best.loss) best = { head: tried, loss };
  }
  // The sums are made once; each λ is a solve more, an update of its own at most.
  return { learner: best?.head ?? head, updates: lambdaFactors.length + 1, rows };
}

/** Rows of all passes together that the cross-entropy head looks at, at most; and its passes, at least and at most. */
const passRows = 1_000_000;
const [fewestPasses, mostPasses] = [4, 60];
/** Passes in a row without a loss that is better by this part after which it stops. */
const patience = 3;
const worthwhile = 2e-3;

/**
 * The cross-entropy head of the rows with the role 'learn', streamed pass by pass; the pass with the smallest loss on the rows with the
 * role 'stop' is kept, the start (where the model has weights) included.
 */
export async function learnSoftmax(
  source: FeatureSource,
  roles: readonly RowRole[],
  stop: LearnRows,
  options: HeadOptions,
): Promise<LearnedHead> {
  const { start, rate, seed } = options;
  const settings = { ...defaultSoftmaxOptions, inputs: source.width, rate, seed };
  let head = createSoftmaxHead(settings, start ?? { outputs: options.outputs });
  if (start === null) head = head.standardised(await momentsOf(source, roles));
  const rows = roles.filter((role) => role === 'learn').length;
  const passes = options.isFixed === true ? 0 : Math.min(mostPasses, Math.max(fewestPasses, Math.floor(passRows / Math.max(1, rows))));
  let best = { head, loss: start === null ? Infinity : await lossOf(head, stop) };
  let done = 0;
  let sinceGain = 0;
  let goal = best.loss;
  while (done < passes && sinceGain < patience) {
    for await (const piece of rowsOfRole(source, roles, 'learn')) head = head.passed(piece);
    done++;
    const loss = await lossOf(head, stop);
    sinceGain = loss < goal * (1 - worthwhile) || goal === Infinity ? 0 : sinceGain + 1;
    if (sinceGain === 0) goal = loss;
    if (loss < best.loss) best = { head, loss };
  }
  return { learner: best.head, updates: done / settings.epochs, rows };
}

/** Mean cross-entropy of a head that has learned by it, nats; infinite without rows. */
async function lossOf(head: SoftmaxHead, rows: LearnRows): Promise<number> {
  if (rows.rows === 0) return Infinity;
  const scores = await head.scores(rows);
  return temperatureLoss({ rows: rows.rows, outputs: head.outputs, scores, labels: labelsOf(rows) }, 1);
}

/** Mean cross-entropy after the best temperature for these rows, nats; infinite without rows. */
async function lossAfterTemperature(head: RidgeLearner, rows: LearnRows): Promise<number> {
  if (rows.rows === 0) return Infinity;
  const scores = await head.scores(rows);
  return fitTemperature({ rows: rows.rows, outputs: head.outputs, scores, labels: labelsOf(rows) }).after;
}

/** Of the rows with the role 'learn'. */
async function momentsOf(source: FeatureSource, roles: readonly RowRole[]): Promise<Moments> {
  const tally = momentsTally(source.width);
  for await (const { rows, x } of rowsOfRole(source, roles, 'learn')) tally.add(x, rows);
  return tally.moments();
}
