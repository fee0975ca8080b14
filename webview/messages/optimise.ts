import type { FigureView } from './figures.ts';
import type { Problem, RunFailure, SearchProgress, WrittenFiles } from './runs.ts';

/** What the user asks a search for cheaper weights to do. */
export interface OptimiseOptions {
  /** Allowed loss as a share: 0.01 is one point of accuracy. 0 to 0.05. */
  readonly maxDrop: number;
  readonly bits: 4 | 8;
  readonly values: 'all' | 'set' | 'powers-of-two';
  readonly method: 'closed-form' | 'training';
  readonly cell: 'array' | 'booth' | 'shift';
}

/** One configuration that a search tried. */
export interface OptimisePoint {
  readonly id: string;
  readonly label: string;
  readonly kind: 'baseline' | 'candidate';
  readonly energy: FigureView;
  /** Share of the multiply-add energy of int8 by rounding. */
  readonly saving: number;
  readonly savingText: string;
  readonly qualityText: string;
  /** Loss on the validation rows as a share; negative for a gain; null when not known. */
  readonly drop: number | null;
  readonly dropText: string;
  /** The limit that this point needs to be chosen, a share; above `drop` where the model is less sure than the loss alone tells. Null like `drop`. */
  readonly needed: number | null;
  readonly allowed: boolean;
  readonly chosen: boolean;
}

/** One layer before and after, under every table and cell it was scored by. */
export interface OptimiseLayer {
  readonly id: string;
  readonly op: string;
  readonly bits: string;
  readonly values: string;
  readonly zeros: string;
  readonly error: string;
  /** Steps that the inputs are stored on; an en dash where not known. */
  readonly inputLevels: string;
  readonly mu: string;
  readonly compensated: boolean;
  /** Why the layer was left as it was; null when it was changed. */
  readonly left: string | null;
  readonly tables: readonly OptimiseTable[];
}

/** One constant table and cell: before, after, and the share saved. */
export interface OptimiseTable {
  readonly table: string;
  readonly cell: string;
  readonly before: FigureView;
  readonly after: FigureView;
  readonly saving: number;
  readonly savingText: string;
}

/** A saving as it may be told: a range over tables, with what is compared and the quality on both sides. */
export interface OptimiseSaving {
  /** "31 – 44 %" or "no saving". */
  readonly headline: string;
  readonly saves: boolean;
  readonly baseline: string;
  readonly variant: string;
  /** Tables of the first cell, as a list in words. */
  readonly tables: string;
  readonly metricText: string;
  readonly before: string;
  readonly after: string;
  /** The quality of rounding to int8 on the same rows; empty when not known. */
  readonly rounded: string;
  readonly rowsText: string;
  readonly perTable: readonly OptimiseTable[];
}

/** What the change does to a whole inference on the plan's target, of which multiply-adds are a part only. */
export interface OptimiseWhole {
  readonly target: string;
  readonly int8: FigureView;
  readonly multiplyAdds: FigureView;
  readonly selected: FigureView;
}

export interface OptimiseView {
  readonly plan: string;
  readonly options: OptimiseOptions;
  readonly running: SearchProgress | null;
  readonly metric: 'accuracy' | 'mse';
  readonly metricText: string;
  readonly points: readonly OptimisePoint[];
  readonly result: {
    /** The options that this result was found with. */
    readonly options: OptimiseOptions;
    /** Null when the saving lacks what method and tables must say; `savingMissing` tells what. */
    readonly saving: OptimiseSaving | null;
    readonly savingMissing: string;
    /** Null when the whole inference cannot be estimated. */
    readonly whole: OptimiseWhole | null;
    readonly layers: readonly OptimiseLayer[];
    readonly rowsText: string;
    readonly took: string;
    /** Why the result may not belong to the model as it is now; null while it does. */
    readonly stale: string | null;
  } | null;
  readonly written: WrittenFiles | null;
  readonly error: RunFailure | null;
  readonly problems: readonly Problem[];
}
