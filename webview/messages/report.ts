import type { FigureView } from './figures.ts';
import type { Problem } from './runs.ts';

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
  /** `none`: no plan says it. */
  readonly tier: 'lower' | 'upper' | 'frozen' | 'none';
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

/** What was changed about the model or how it is kept current: energy and quality before and after, side by side. */
export interface ChangeView {
  /** `fit`: retraining by gradient descent against the solve. The others: one inference before and after. */
  readonly kind: 'fit' | 'select' | 'sparsify';
  /** What the energies are of, e.g. "multiply-adds of one inference, int8". */
  readonly of: string;
  readonly energyBefore: FigureView | null;
  readonly energyAfter: FigureView | null;
  /** The saving as the search states it, e.g. "18 % to 31 % by both tables"; empty: only the two energies tell. */
  readonly saving: string;
  readonly quality: string;
  readonly qualityBefore: string;
  readonly qualityAfter: string;
  /** Which rows the quality was read on. */
  readonly rowsText: string;
  readonly stale: boolean;
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
  /** Results that changed the model, the newest of each kind; absent: none. */
  readonly changes?: readonly ChangeView[];
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
