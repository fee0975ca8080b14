import { freshConfidence, stepConfidence } from './confidence.ts';
import { freshDdm, stepDdm } from './ddm.ts';
import { freshLeverage, stepLeverage } from './leverage.ts';
import { freshPageHinkley, stepPageHinkley } from './page-hinkley.ts';
import type { DriftObservation, DriftOptions, DriftOutcome, DriftSignal, DriftState } from './types.ts';

export const defaultDriftOptions: DriftOptions = {
  ewmaAlpha: 0.2,
  ewmaSamples: 50,
  ewmaDelta: 0.05,
  ewmaErrors: 3,
  referenceError: undefined,
  referenceSamples: 500,
  minSamples: 30,
  minErrors: 5,
  pageHinkleyTolerance: 0.005,
  pageHinkleyThreshold: 50,
  leverageWindow: 64,
  leverageQuantile: 0.99,
  leverageReference: 256,
  confidenceWindow: 500,
  confidenceP: 0.001,
};

/** Monitors that have seen nothing; what `options` leaves out has its default. */
export function createDriftMonitor(options: Partial<DriftOptions> = {}): DriftState {
  return {
    options: { ...defaultDriftOptions, ...options },
    samples: 0,
    ewma: null,
    reference: options.referenceError ?? null,
    referenceSum: 0,
    pageHinkley: freshPageHinkley,
    ddm: freshDdm,
    leverage: freshLeverage,
    confidence: freshConfidence,
  };
}

/**
 * Takes in one batch of the stream (method 3.6). Signals: 'ewma' while the smoothed error stands above its reference, 'ddm-warning'
 * while DDM warns, the others once per alarm. An alarm is no update: what follows from it is the policy's business. Values that are
 * no numbers are left out. Costs a few operations per sample.
 */
export function observeDrift(before: DriftState, { errors, leverages, confidences }: DriftObservation): DriftOutcome {
  const signals = new Set<DriftSignal>();
  const { options } = before;
  let { pageHinkley, ddm, leverage, confidence } = before;
  const mine = numbersOf(errors);
  for (const error of mine) {
    const page = stepPageHinkley(pageHinkley, error, options);
    const rate = stepDdm(ddm, error, options);
    pageHinkley = page.state;
    ddm = rate.state;
    if (page.alarm) signals.add('page-hinkley');
    if (rate.alarm) signals.add('ddm');
  }
  for (const value of numbersOf(leverages)) {
    const step = stepLeverage(leverage, value, options);
    leverage = step.state;
    if (step.alarm) signals.add('leverage');
  }
  for (const value of numbersOf(confidences)) {
    const step = stepConfidence(confidence, value, options);
    confidence = step.state;
    if (step.alarm) signals.add('confidence');
  }
  const smoothed = smooth(before, mine);
  const state: DriftState = { ...before, ...smoothed, pageHinkley, ddm, leverage, confidence };
  if (isHigh(state)) signals.add('ewma');
  if (ddm.isWarning) signals.add('ddm-warning');
  return { state, signals: order.filter((signal) => signals.has(signal)) };
}

/**
 * The monitors after an update that was judged: the smoothed error goes on from what the new head errs on rows it has not learned
 * (`error`, when lower), so that the old head's errors call for no further updates.
 */
export function afterUpdate(state: DriftState, error: number): DriftState {
  return state.ewma === null || !(error < state.ewma) ? state : { ...state, ewma: error };
}

const order: readonly DriftSignal[] = ['ewma', 'page-hinkley', 'ddm', 'ddm-warning', 'leverage', 'confidence'];

/** The smoothed error after a batch, and the error that is normal once it is known. */
function smooth(before: DriftState, errors: readonly number[]): Pick<DriftState, 'samples' | 'ewma' | 'reference' | 'referenceSum'> {
  const { samples, ewma, reference, referenceSum, options } = before;
  if (errors.length === 0) return { samples, ewma, reference, referenceSum };
  const sum = errors.reduce((total, e) => total + e, 0);
  const mean = sum / errors.length;
  const weight = 1 - (1 - options.ewmaAlpha) ** (errors.length / options.ewmaSamples);
  const total = samples + errors.length;
  const isKnown = reference !== null || total < options.referenceSamples;
  return {
    samples: total,
    ewma: ewma === null ? mean : ewma + weight * (mean - ewma),
    reference: isKnown ? reference : (referenceSum + sum) / total,
    referenceSum: referenceSum + sum,
  };
}

/** Whether the smoothed error stands above its reference by more than δ and by more than both means' sampling explains. */
function isHigh({ ewma, reference, options }: DriftState): boolean {
  if (ewma === null || reference === null) return false;
  const { ewmaAlpha, ewmaSamples, ewmaDelta, ewmaErrors, referenceError, referenceSamples } = options;
  // A smoothed mean varies like one over (2−α)/α batches. Losses that are not 0 or 1 have no such variance: δ alone counts.
  const variance = Math.max(0, reference * (1 - reference));
  const perSample = ewmaAlpha / (2 - ewmaAlpha) / ewmaSamples + (referenceError === undefined ? 1 / referenceSamples : 0);
  return ewma > reference + Math.max(ewmaDelta, ewmaErrors * Math.sqrt(variance * perSample));
}

function numbersOf(values: ArrayLike<number> | undefined): readonly number[] {
  return values === undefined ? [] : Array.from(values).filter(Number.isFinite);
}
