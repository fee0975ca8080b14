/** Drift signals, by name (method 3.6). `ewma`: the smoothed error is above its reference now; the others are events. */
export type DriftSignal = 'ewma' | 'page-hinkley' | 'ddm-warning' | 'ddm' | 'leverage' | 'confidence';

/** Settings of the monitors; every default is that of method 3.6. */
export interface DriftOptions {
  /** Weight of the newest sample in the smoothed error. Default 0.2 per batch of `ewmaSamples`. */
  readonly ewmaAlpha: number;
  /** Allowed rise of the smoothed error above its reference. Default 0.05. */
  readonly ewmaDelta: number;
  /** Error that is normal; undefined: the mean of the first `minSamples` samples or more. */
  readonly referenceError: number | undefined;
  /** Samples before any monitor of the error may speak. Default 30. */
  readonly minSamples: number;
  /** Drift that Page-Hinkley tolerates per sample. Default 0.005. */
  readonly pageHinkleyTolerance: number;
  /** Alarm level of Page-Hinkley. Default 50 (0/1 errors). */
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
  readonly leverage: { readonly reference: readonly number[]; readonly limit: number | null; readonly recent: readonly number[] };
  readonly confidence: { readonly reference: readonly number[]; readonly current: readonly number[] };
}

export interface PageHinkleyState {
  readonly samples: number;
  readonly mean: number;
  readonly sum: number;
  readonly smallest: number;
}

export interface DdmState {
  readonly samples: number;
  readonly rate: number;
  /** p_min and s_min; null until `minSamples`. */
  readonly lowest: { readonly rate: number; readonly deviation: number } | null;
  readonly warning: boolean;
}

/** Result of one batch. */
export interface DriftOutcome {
  readonly state: DriftState;
  /** Signals that are up after this batch, in a fixed order. */
  readonly signals: readonly DriftSignal[];
}
