import type { LearnBatch, LearnDocument, Quantity } from '../solver-core/protocol/index.ts';
import { addEnergy } from './add-energy.ts';

/** What is known about a learning run: collected batch by batch while it runs, completed by its record. */
export interface LearningRun {
  readonly plan: string;
  readonly data: string;
  readonly running: { readonly message: string; readonly fraction: number | null; readonly stopping: boolean } | null;
  readonly batches: readonly LearnBatch[];
  /** Spent so far; null before the first batch. */
  readonly energy: Quantity<'J'> | null;
  readonly rows: number;
  readonly record: LearnDocument | null;
}

export function startedRun(plan: string, data: string, message: string): LearningRun {
  return { plan, data, running: { message, fraction: null, stopping: false }, batches: [], energy: null, rows: 0, record: null };
}

/** The run after one more batch. `batches` is grown in place: a copy per batch would cost the square of their number. */
export function withBatch(run: LearningRun, batch: LearnBatch): LearningRun {
  (run.batches as LearnBatch[]).push(batch);
  return { ...run, rows: run.rows + batch.rows, energy: run.energy === null ? batch.energy : addEnergy(run.energy, batch.energy) };
}

/** The run as its record tells it. */
export function finishedRun(run: LearningRun, record: LearnDocument): LearningRun {
  return { ...run, running: null, batches: record.batches, energy: record.totals.energy, rows: record.totals.rows, record };
}
