/** Drift signals, by name (method 3.6). `ewma`: the smoothed error is above its reference now; the others are events. */
export type DriftSignal = 'ewma' | 'page-hinkley' | 'ddm-warning' | 'ddm' | 'leverage' | 'confidence';

/** Settings of the monitors; every default is that of method 3.6 unless it says otherwise. */
export interface DriftOptions {
  /** Weight of the newest `ewmaSamples` samples in the smoothed error. Default 0.2. */
  readonly ewmaAlpha: number;
  /** Samples that `ewmaAlpha` is meant for: larger batches weigh more, smaller ones less. Default 50. */
  readonly ewmaSamples: number;
  /** Allowed rise of the smoothed error above its reference. Default 0.05. */
  readonly ewmaDelta: number;
  /** Standard errors that the rise must exceed too: δ alone is within chance where the error is large. Default 3 (our addition to method 3.6). */
  readonly ewmaErrors: number;
  /** Error that is normal; undefined: the mean over the first `referenceSamples` samples, and no 'ewma' before. */
  readonly referenceError: number | undefined;
  /** Default 500: a mean error of 0.1 is then known to ±0.013. */
  readonly referenceSamples: number;
  /** Samples before Page-Hinkley and DDM may speak. Default 30. */
  readonly minSamples: number;
  /** Errors before DDM may speak: a lowest rate seen without any error would make the first one an alarm. Default 5. */
  readonly minErrors: number;
  /** Drift per sample that Page-Hinkley tolerates. Default 0.005. */
  readonly pageHinkleyTolerance: number;
  /** Alarm level of Page-Hinkley. Default 50, for errors of 0 or 1. */
  readonly pageHinkleyThreshold: number;
  /** Rows whose mean leverage is judged. Default 64. */
  readonly leverageWindow: number;
  /** Quantile of the reference that the mean must exceed. Default 0.99. */
  readonly leverageQuantile: number;
  /** Rows of the leverage reference. Default 256. */
  readonly leverageReference: number;
  /** Rows of each of the two windows of confidences. Default 500. */
  readonly confidenceWindow: number;
  /** Level of the two-sample Kolmogorov-Smirnov test. Default 0.001. */
  readonly confidenceP: number;
}

/** What one batch of the stream shows. Leave out what is not known: labels, leverages or confidences. */
export interface DriftObservation {
  /** Loss per sample before learning from it: 0 or 1, or a squared error. */
  readonly errors?: ArrayLike<number>;
  /** Leverage per sample (`RidgeLearner.leverages`). */
  readonly leverages?: ArrayLike<number>;
  /** Largest score (or probability) per sample. */
  readonly confidences?: ArrayLike<number>;
}

/** State of all monitors: plain values, so that it can be written to a file and continued exactly. */
export interface DriftState {
  readonly options: DriftOptions;
  readonly samples: number;
  /** Smoothed error; null before the first labelled sample. */
  readonly ewma: number | null;
  /** The error that is normal; null until known. */
  readonly reference: number | null;
  readonly referenceSum: number;
  readonly pageHinkley: PageHinkleyState;
  readonly ddm: DdmState;
  readonly leverage: LeverageState;
  readonly confidence: ConfidenceState;
}

export interface LeverageState {
  /** The first leverages; empty again once their quantile is known. */
  readonly reference: readonly number[];
  /** Quantile of the reference; null until there are enough. */
  readonly limit: number | null;
  /** The newest leverages since then. */
  readonly recent: readonly number[];
}

export interface ConfidenceState {
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

export interface PageHinkleyState {
  readonly samples: number;
  readonly mean: number;
  readonly sum: number;
  readonly smallest: number;
}

export interface DdmState {
  readonly samples: number;
  readonly errors: number;
  /** p_min and s_min; null until enough samples and errors. */
  readonly lowest: { readonly rate: number; readonly deviation: number } | null;
  readonly isWarning: boolean;
}

/** Result of one batch. */
export interface DriftOutcome {
  readonly state: DriftState;
  /** Signals that are up after this batch, in a fixed order. */
  readonly signals: readonly DriftSignal[];
}
