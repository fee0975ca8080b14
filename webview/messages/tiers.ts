import type { FigureView } from './figures.ts';

export interface TierView {
  readonly kind: 'lower' | 'upper';
  readonly name: string;
  readonly canFit: boolean;
  /** An upper tier that can learn from data now. */
  readonly canLearn?: boolean;
}

/** One layer of the model as the Tiers panel lists it. */
export interface TierRow {
  readonly id: string;
  readonly op: string;
  /** Shape of its output. */
  readonly shape: string;
  readonly parameters: number;
  /** One inference; null where it is not known. */
  readonly energy: FigureView | null;
  /** The lowest limit per layer that holds for it; null where none does. */
  readonly budget: { readonly status: 'met' | 'exceeded' | 'uncertain' | 'unknown'; readonly limit: string } | null;
}

/** Where layers are to go: a tier by its name, made when it is not there yet, or out of every tier. */
export type TierGoalView = { readonly kind: 'lower' | 'upper'; readonly name: string } | { readonly kind: 'frozen' };

/** What became of a request of the page. */
export interface TierAnswer {
  /** The number that the page gave its request. */
  readonly request: number;
  /** Why the plan was left as it is; null when it was changed. */
  readonly refusal: { readonly code: string; readonly message: string; readonly advice: string } | null;
}

export interface TiersView {
  readonly plan: string | null;
  readonly model: string | null;
  readonly backend: string;
  readonly target: string;
  readonly tiers: readonly TierView[];
  /** Every layer of the model in graph order; null: those of the message before. */
  readonly rows: readonly TierRow[] | null;
  /** For each row the index of its tier in `tiers`; -1: frozen. */
  readonly placement: readonly number[];
  /** The layer at the cursor in the plan; null when there is none. */
  readonly cursor: string | null;
  /** What became of the newest request; null before the first. */
  readonly answer: TierAnswer | null;
  readonly fitting: { readonly message: string; readonly fraction: number | null } | null;
  /** A learning run that is under way, or the newest of this window; null when there is none. */
  readonly learning?: { readonly running: boolean; readonly text: string } | null;
  /** `detail` says what the result was measured by and on. */
  readonly lastFit: { readonly before: string; readonly after: string; readonly stale: boolean; readonly detail?: string } | null;
  readonly errors: number;
  /** Why no layers can be listed; null when they can. */
  readonly unreadable: string | null;
}

/** What the Tiers panel asks of the host, beside what every page may. */
export type TiersToHost =
  /** Put these layers into a tier of `plan`, the one that the page shows. */
  | {
      readonly kind: 'assign-tier';
      readonly request: number;
      readonly plan: string;
      readonly ids: readonly string[];
      readonly goal: TierGoalView;
    }
  /** Undo or redo the newest edit of `plan`. */
  | { readonly kind: 'plan-step'; readonly request: number; readonly plan: string; readonly step: 'undo' | 'redo' };
