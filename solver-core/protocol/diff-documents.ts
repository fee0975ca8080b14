import type { BudgetDocument, DiagnosticDocument, RetrainingDocument, TierKind } from './documents.ts';
import type { SavingDocument } from './evidence-documents.ts';
import type { Quantity } from './quantity.ts';

/** One figure on both sides. `change` is after over before, minus 1, under the same constants; null when a side is missing. */
export interface DiffFigure {
  readonly before: Quantity<'J'> | null;
  readonly after: Quantity<'J'> | null;
  readonly change: number | null;
  /** The change with each constant table alone, all other constants at their central value; empty where `change` is null. The smallest and largest are its band. */
  readonly perTable?: readonly { readonly table: string; readonly change: number }[];
}

/** One layer on both sides; layers are matched by id, then by place among equal operators. */
export interface DiffLayer {
  /** On the later side; of a removed layer on the earlier one. */
  readonly id: string;
  /** On the earlier side, where it is another one. */
  readonly idBefore?: string;
  readonly op: string;
  readonly status: 'same' | 'changed' | 'added' | 'removed';
  readonly tier: { readonly before: TierKind | null; readonly after: TierKind | null };
  readonly macs: { readonly before: number | null; readonly after: number | null };
  readonly parameters: { readonly before: number | null; readonly after: number | null };
  readonly inference: DiffFigure;
  readonly retraining: { readonly [method in keyof RetrainingDocument]: DiffFigure };
}

/** One side of a comparison. */
export interface DiffSide {
  /** As given: a path, or REVISION:path. */
  readonly name: string;
  readonly sha256: string;
  /** Of a plan: its model. */
  readonly model?: { readonly path: string; readonly sha256: string };
  /** Held-out quality from the newest fit, learn, select or sparsify record that belongs to it; null when there is none. */
  readonly quality: { readonly metric: 'accuracy' | 'mse'; readonly value: number; readonly rows: number; readonly from: string } | null;
  /** Of a model whose weights were selected or whose activations were made sparse: what that saves, by its record. The figures of a comparison do not count it. */
  readonly saving?: SavingDocument & { readonly from: string };
}

/** `tierwise.diff/1`. */
export interface DiffDocument {
  readonly schema: 'tierwise.diff/1';
  readonly target: string;
  readonly before: DiffSide;
  readonly after: DiffSide;
  readonly layers: readonly DiffLayer[];
  readonly totals: { readonly inference: DiffFigure; readonly retraining: { readonly [method in keyof RetrainingDocument]: DiffFigure } };
  /** after minus before; null unless both sides tell the same metric. */
  readonly qualityChange: number | null;
  /** The plan's budgets on each side; null for a model and for a plan with errors. */
  readonly budgets?: { readonly before: readonly BudgetDocument[] | null; readonly after: readonly BudgetDocument[] | null };
  readonly diagnostics: readonly DiagnosticDocument[];
}
