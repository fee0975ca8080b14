/**
 * What the extension host and the pages say to each other. Types only.
 * Strings that name layers, files or tiers come from the user's files: pages show them with textContent, never as markup.
 */
import type { FigureView, JoulesView } from './figures.ts';
import type { PageCommand, PageName } from './commands.ts';
import type { CompoundView, SparsifyOptions, SparsityView } from './language.ts';
import type { Problem, RunFailure, SearchProgress, WrittenFiles } from './runs.ts';

export type { FigureView, JoulesView } from './figures.ts';
export type { PageCommand, PageName } from './commands.ts';
export type * from './language.ts';
export type * from './runs.ts';

/** One thing priced in several ways, side by side: by formula, by simulation of the circuit, by a meter. */
export interface EvidenceView {
  readonly of: string;
  readonly estimate: FigureView;
  readonly simulated: FigureView | null;
  readonly measured: FigureView | null;
  /** Which meter, how many runs, when; empty without a measurement. */
  readonly measuredBy: string;
  /** How far the estimate is off, e.g. "+12 %"; empty where nothing better is known. */
  readonly error: string;
  /** Why the better figure no longer belongs to what is shown; null while it does. */
  readonly stale: string | null;
}

export interface LayerView {
  readonly id: string;
  readonly op: string;
  readonly tier: 'lower' | 'upper' | 'frozen';
  readonly shape: string;
  readonly macs: string;
  readonly parameters: string;
  readonly weightBytes: string;
  readonly inference: FigureView | null;
  readonly components: readonly { readonly name: string; readonly figure: FigureView }[];
  readonly sgd: FigureView | null;
  readonly solve: FigureView | null;
  readonly incremental: FigureView | null;
  readonly breakEven: string;
  readonly fitted: string | null;
  /** The numbers behind `macs`, `parameters`, `weightBytes` and `breakEven`, for sorting. Without them a page reads them back from the texts. */
  readonly macsCount?: number | null;
  readonly parameterCount?: number | null;
  readonly weightByteCount?: number | null;
  readonly breakEvenRetrainings?: number | null;
  /** How the layer lies on the target's array, in words. Absent without an array. */
  readonly mapping?: string;
  readonly evidence?: readonly EvidenceView[];
  /** Retraining this layer on the machine that would train. */
  readonly training?: {
    readonly name: string;
    readonly sgd: FigureView | null;
    readonly solve: FigureView | null;
    readonly incremental: FigureView | null;
  };
}

export interface FitView {
  readonly backend: string;
  readonly note: string | null;
  readonly output: string;
  readonly stale: boolean;
  readonly metric: string;
  readonly before: string;
  readonly after: string;
  readonly rowsText: string;
  readonly layers: readonly {
    readonly id: string;
    readonly rows: string;
    readonly lambda: string;
    readonly condition: string;
    readonly residual: string;
    readonly passes: string;
    readonly cycles: string;
    readonly method: string;
    readonly energy: FigureView | null;
  }[];
}

export interface ReportView {
  readonly title: string;
  /** Why the figures are not up to date; absent when they are. */
  readonly notice?: string;
  readonly model: string;
  readonly target: string;
  readonly layers: readonly LayerView[];
  readonly totals: {
    readonly macs: string;
    readonly parameters: string;
    readonly inference: FigureView | null;
    readonly sgd: FigureView | null;
    readonly solve: FigureView | null;
    readonly incremental: FigureView | null;
    readonly breakEven: string;
  };
  readonly assumptions: readonly { readonly name: string; readonly text: string; readonly dominates: boolean }[];
  readonly budgets: readonly {
    readonly scope: string;
    readonly per: string;
    readonly limit: string;
    readonly actual: string;
    readonly status: 'met' | 'exceeded' | 'uncertain' | 'unknown';
    /** Of a budget per layer: how many layers miss it, and which most. */
    readonly detail?: string;
  }[];
  readonly problems: readonly Problem[];
  readonly fit: FitView | null;
  /** The totals beside simulated and measured ones; absent when there is no other figure. */
  readonly evidence?: readonly EvidenceView[];
  /** Retraining on the machine that would train. */
  readonly trainingMachine?: {
    readonly name: string;
    readonly sgd: FigureView | null;
    readonly solve: FigureView | null;
    readonly incremental: FigureView | null;
    readonly breakEven: string;
  };
  /** Measurements that the target's constants were fitted to; `stale` says why they no longer fit. */
  readonly calibration?: { readonly text: string; readonly path: string; readonly stale: string | null };
  /** Simulating what the multiply-adds switch: `obstacle` says why the target cannot, `running` how far it is. Absent without a plan. */
  readonly switching?: {
    readonly obstacle: string | null;
    readonly running: { readonly message: string; readonly fraction: number | null; readonly stopping: boolean } | null;
  };
}

export interface TierView {
  readonly kind: 'lower' | 'upper';
  readonly name: string;
  readonly layers: readonly string[];
  readonly canFit: boolean;
  /** An upper tier that can learn from data now. */
  readonly canLearn?: boolean;
}

export interface TiersView {
  readonly plan: string | null;
  readonly model: string | null;
  readonly backend: string;
  readonly target: string;
  readonly tiers: readonly TierView[];
  readonly frozen: readonly string[];
  readonly fitting: { readonly message: string; readonly fraction: number | null } | null;
  /** A learning run that is under way, or the newest of this window; null when there is none. */
  readonly learning?: { readonly running: boolean; readonly text: string } | null;
  /** `detail` says what the result was measured by and on. */
  readonly lastFit: { readonly before: string; readonly after: string; readonly stale: boolean; readonly detail?: string } | null;
  readonly errors: number;
}

/** One decided batch of a learning run. */
export interface LearningBatchView {
  readonly index: number;
  readonly rows: string;
  readonly decision: 'skip' | 'update' | 'refit' | 'restored';
  readonly reason: string;
  /** Quality on this batch before and after learning from it. */
  readonly before: string;
  readonly after: string;
  readonly running: string;
  readonly gain: string;
  readonly energy: FigureView;
  /** Drift signals that were up and labels first seen, in words; empty when none. */
  readonly signals: string;
}

/** A point of the two curves of a learning run. */
export interface LearningPoint {
  readonly index: number;
  /** Accuracy in 0..1, or an error of 0 or more. */
  readonly running: number;
  /** The same of this batch alone. */
  readonly batch: number;
  /** Spent so far, in joules. */
  readonly spent: JoulesView;
  readonly decision: 'skip' | 'update' | 'refit' | 'restored';
}

/** Learning from data: live while it runs, and its result afterwards. */
export interface LearningView {
  readonly plan: string;
  readonly data: string;
  readonly tier: string;
  readonly policy: string;
  readonly metric: 'accuracy' | 'mse';
  readonly metricText: string;
  /** Set while it runs; `stopping` after the user asked it to stop. */
  readonly running: { readonly message: string; readonly fraction: number | null; readonly stopping: boolean } | null;
  /** Newest first; `batchCount` says how many there are in all. */
  readonly batches: readonly LearningBatchView[];
  readonly batchCount: number;
  /** Thinned to a few hundred, in order. */
  readonly points: readonly LearningPoint[];
  readonly totals: {
    readonly rows: string;
    readonly updates: string;
    readonly skips: string;
    readonly quality: string;
    readonly energy: FigureView | null;
    /** What updating on every batch would have cost; null until the run is over. */
    readonly always: FigureView | null;
  };
  readonly result: {
    readonly output: string;
    readonly state: string;
    readonly resumed: boolean;
    readonly heldOut: { readonly before: string; readonly after: string; readonly rows: string } | null;
  } | null;
  readonly problems: readonly Problem[];
}

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

export interface ModelView {
  readonly path: string;
  /** Nothing in the file could be read: only its diagnostics are worth showing. */
  readonly unreadable?: boolean;
  readonly summary: readonly { readonly name: string; readonly value: string }[];
  readonly layers: readonly LayerView[];
  readonly diagnostics: readonly {
    readonly severity: 'error' | 'warning' | 'info';
    readonly code: string;
    readonly message: string;
    readonly where: string;
  }[];
  readonly totals: {
    readonly layers: string;
    readonly macs: string;
    readonly parameters: string;
    readonly weightBytes: string;
    readonly inference: FigureView | null;
  };
}

/** Texts of a page, localised by the host: translation by English text, as in a `vscode.l10n` bundle. Missing texts stay English. */
export type Strings = Readonly<Record<string, string>>;

/** Host to page. */
export type ToWebview =
  | { readonly kind: 'report'; readonly strings: Strings; readonly view: ReportView }
  | { readonly kind: 'tiers'; readonly strings: Strings; readonly view: TiersView }
  | { readonly kind: 'model'; readonly strings: Strings; readonly view: ModelView }
  | { readonly kind: 'learning'; readonly strings: Strings; readonly view: LearningView }
  | { readonly kind: 'optimise'; readonly strings: Strings; readonly view: OptimiseView }
  | { readonly kind: 'sparsity'; readonly strings: Strings; readonly view: SparsityView }
  | { readonly kind: 'compound'; readonly strings: Strings; readonly view: CompoundView }
  | { readonly kind: 'busy'; readonly message: string; readonly strings?: Strings }
  | {
      readonly kind: 'empty';
      readonly message: string;
      readonly hint: string;
      readonly action: { readonly label: string; readonly command: PageCommand } | null;
      /** Further ways on, shown as links below the action. */
      readonly more?: readonly { readonly label: string; readonly command: PageCommand }[];
      readonly strings?: Strings;
    }
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly advice: string; readonly strings?: Strings };

/** Page to host. */
export type ToHost =
  | { readonly kind: 'ready'; readonly page: PageName }
  | { readonly kind: 'command'; readonly command: PageCommand }
  | { readonly kind: 'reveal-layer'; readonly id: string }
  /** Remember what was set; start nothing. */
  | { readonly kind: 'optimise-options'; readonly options: OptimiseOptions }
  /** Search with these options; `write` also writes the model that they choose. */
  | { readonly kind: 'optimise-run'; readonly options: OptimiseOptions; readonly write: boolean }
  | { readonly kind: 'sparsify-options'; readonly options: SparsifyOptions }
  | { readonly kind: 'sparsify-run'; readonly options: SparsifyOptions; readonly write: boolean }
  /** Tell about a decision of the stream, by its number. */
  | { readonly kind: 'inspect-decision'; readonly index: number }
  | { readonly kind: 'csp-violation'; readonly directive: string; readonly blocked: string }
  | { readonly kind: 'page-error'; readonly message: string };
