import type { FigureView, JoulesView } from './figures.ts';
import type { Problem, RunFailure, RunProgress, SearchProgress, WrittenFiles } from './runs.ts';

/** What the user asks to be made sparse. */
export interface SparsifyOptions {
  /** Allowed relative increase of the loss of the whole model as a share: 0.02 is two per cent. 0 to 0.05. */
  readonly maxLoss: number;
  readonly method: 'budget' | 'sequential' | 'uniform';
  readonly per: 'site' | 'channel';
  /** Correct the layers behind each site by a least-squares solve. */
  readonly correct: boolean;
}

/** One configuration of thresholds that was tried. */
export interface SparsityPointView {
  readonly id: string;
  readonly label: string;
  readonly kind: 'baseline' | 'candidate';
  /** Share of the multiply-adds that meet a zero, 0 to 1. */
  readonly sparsity: number;
  readonly sparsityText: string;
  readonly lossText: string;
  /** Relative increase of the loss as a share; negative for a gain. */
  readonly increase: number;
  readonly increaseText: string;
  /** The smallest limit that allows it, as a share; above `increase` where so few rows cannot be sure. */
  readonly needed: number;
}

/** One place where zeros are made. */
export interface SparsitySiteView {
  readonly id: string;
  readonly layers: readonly string[];
  readonly block: string;
  readonly role: string;
  readonly channels: string;
  readonly macs: string;
  readonly macCount: number;
  readonly natural: number;
  readonly naturalText: string;
  readonly zeros: number;
  readonly zerosText: string;
  readonly threshold: string;
  readonly centred: boolean;
  readonly corrected: boolean;
  /** Why the site was left as it was; null when it was changed. */
  readonly left: string | null;
}

/** Sites of one block or of one role together, weighted by their multiply-adds. */
export interface SparsityGroupView {
  readonly name: string;
  readonly sites: string;
  readonly macs: string;
  readonly natural: number;
  readonly naturalText: string;
  readonly zeros: number;
  readonly zerosText: string;
}

/** One inference on an event-driven machine, dense, with the zeros a rectifier makes skipped, and with thresholds. */
export interface SparsityCostView {
  readonly name: string;
  readonly dense: FigureView;
  readonly natural: FigureView;
  readonly sparse: FigureView;
}

/** A share of energy saved against one baseline. */
export interface SparsitySavingView {
  readonly headline: string;
  readonly saves: boolean;
  readonly baseline: string;
}

export interface SparsityView {
  readonly plan: string;
  readonly options: SparsifyOptions;
  readonly running: SearchProgress | null;
  readonly metricText: string;
  readonly points: readonly SparsityPointView[];
  readonly result: {
    readonly options: SparsifyOptions;
    /** On rows that chose nothing; null when there were none. */
    readonly evaluation: {
      readonly lossBefore: string;
      readonly lossAfter: string;
      readonly increase: string;
      readonly accuracyBefore: string;
      readonly accuracyAfter: string;
      readonly sparsityBefore: string;
      readonly sparsityAfter: string;
    } | null;
    /** Null when no event-driven target was asked for. */
    readonly energy: {
      readonly target: string;
      readonly per: string;
      readonly macs: string;
      readonly costs: readonly SparsityCostView[];
      readonly latency: SparsityCostView;
      readonly againstDense: SparsitySavingView | null;
      readonly againstNatural: SparsitySavingView | null;
    } | null;
    readonly blocks: readonly SparsityGroupView[];
    readonly roles: readonly SparsityGroupView[];
    readonly sites: readonly SparsitySiteView[];
    readonly rowsText: string;
    readonly took: string;
    readonly resumed: boolean;
    readonly stale: string | null;
  } | null;
  readonly written: WrittenFiles | null;
  readonly error: RunFailure | null;
  readonly problems: readonly Problem[];
}

/** One decision of a compound model as a row of the list. */
export interface CompoundRow {
  /** From 0 over the whole stream. */
  readonly index: number;
  readonly input: string;
  readonly exit: 'lower' | 'upper';
  readonly cache: 'hit' | 'prefix' | 'miss' | 'off';
  readonly confidence: string;
  readonly prediction: string;
  readonly label: string | null;
  readonly correct: boolean | null;
  readonly energy: string;
  readonly source: FigureView['source'];
}

/** A decision taken apart. */
export interface CompoundDecisionView extends CompoundRow {
  readonly loss: string;
  readonly reason: string;
  readonly total: FigureView;
  readonly parts: readonly { readonly name: string; readonly figure: FigureView }[];
}

/** What was done about learning after a batch. */
export interface CompoundUpdateView {
  readonly index: number;
  readonly decision: 'skip' | 'update' | 'refit' | 'restored';
  readonly head: string;
  readonly reason: string;
  readonly gain: string;
  readonly energy: FigureView;
  readonly signals: string;
}

/** A point of the curves of a stream: shares are null where they are not known. */
export interface CompoundPoint {
  /** Decisions made up to here. */
  readonly decisions: number;
  readonly accuracy: number | null;
  readonly escalated: number;
  readonly hitRate: number | null;
  readonly compound: JoulesView;
  readonly alwaysLower: JoulesView;
  readonly alwaysUpper: JoulesView;
  readonly retraining: JoulesView;
  readonly learned: 'skip' | 'update' | 'refit' | 'restored';
}

export interface CompoundModuleView {
  readonly name: string;
  readonly macs: string;
  readonly parameters: string;
  readonly energy: FigureView | null;
}

/** A compound model on a stream: live while it runs, and its record afterwards. */
export interface CompoundView {
  readonly plan: string;
  readonly stream: string;
  readonly task: string;
  readonly running: RunProgress | null;
  /** Whether a run would go on from a state that an earlier one left. */
  readonly canResume: boolean;
  /** What going on would do, for people; empty before the first run. */
  readonly resumeNote: string;
  /** Decisions that the page does not have yet, in order; with `reset` the page forgets those it has. */
  readonly rows: { readonly reset: boolean; readonly added: readonly CompoundRow[] };
  readonly decisionCount: number;
  /** The decision that was asked about; null before one was, and when it is too old to be told. */
  readonly inspected: CompoundDecisionView | null;
  readonly totals: {
    readonly accuracy: string;
    readonly loss: string;
    readonly escalated: string;
    readonly hitRate: string;
    readonly sums: {
      readonly compound: FigureView | null;
      readonly alwaysLower: FigureView | null;
      readonly alwaysUpper: FigureView | null;
      readonly retraining: FigureView | null;
    };
  };
  /** Thinned to a few hundred, in order. */
  readonly points: readonly CompoundPoint[];
  /** Newest first; `updateCount` says how many there are in all. */
  readonly updates: readonly CompoundUpdateView[];
  readonly updateCount: number;
  readonly result: {
    /** From where it went on, for people. */
    readonly began: string;
    readonly stale: string | null;
    readonly lower: CompoundModuleView;
    readonly upper: CompoundModuleView;
    readonly deciding: FigureView;
    readonly learning: FigureView;
    readonly heldOut: { readonly before: string; readonly after: string; readonly rows: string } | null;
    readonly calibration: {
      readonly rows: string;
      readonly temperature: string;
      readonly errorBefore: string;
      readonly errorAfter: string;
      readonly threshold: number;
      readonly thresholdText: string;
      readonly curve: readonly {
        readonly threshold: number;
        readonly accuracy: number;
        readonly escalated: number;
        readonly energy: FigureView;
        readonly chosen: boolean;
      }[];
    };
    readonly heads: readonly {
      readonly exit: 'lower' | 'upper';
      readonly head: string;
      readonly loss: string;
      readonly accuracy: string;
      readonly energy: FigureView;
      readonly chosen: boolean;
      readonly reason: string;
    }[];
    readonly cache: {
      readonly used: string;
      readonly entries: string;
      readonly lookups: string;
      readonly hits: string;
      readonly prefixHits: string;
      readonly evictions: string;
      readonly hitRate: string;
      readonly breakEven: string;
      /** In words: whether the hit rate of this run was above the break-even. */
      readonly verdict: string;
    } | null;
    readonly files: readonly string[];
  } | null;
  readonly error: RunFailure | null;
  readonly problems: readonly Problem[];
}
