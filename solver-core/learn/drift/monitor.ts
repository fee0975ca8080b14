import type { DriftObservation, DriftOptions, DriftOutcome, DriftState } from './types.ts';

export const defaultDriftOptions: DriftOptions = {
  ewmaAlpha: 0.2,
  ewmaDelta: 0.05,
  referenceError: undefined,
  minSamples: 30,
  pageHinkleyTolerance: 0.005,
  pageHinkleyThreshold: 50,
  leverageWindow: 64,
  leverageQuantile: 0.99,
  leverageReference: 256,
  confidenceWindow: 500,
  confidenceP: 0.001,
};

/** Monitors that have seen nothing; what `options` leaves out has the defaults of method 3.6. */
export function createDriftMonitor(options: Partial<DriftOptions> = {}): DriftState {
  return {
    options: { ...defaultDriftOptions, ...options },
    samples: 0,
    ewma: null,
    reference: options.referenceError ?? null,
    referenceSum: 0,
    pageHinkley: { samples: 0, mean: 0, sum: 0, smallest: 0 },
    ddm: { samples: 0, rate: 0, lowest: null, warning: false },
    leverage: { reference: [], limit: null, recent: [] },
    confidence: { reference: [], current: [] },
  };
}

/** Takes in one batch. An alarm is a signal, not an update: what follows from it is the policy's business. */
export function observeDrift(state: DriftState, _observation: DriftObservation): DriftOutcome {
  return { state, signals: [] };
}
