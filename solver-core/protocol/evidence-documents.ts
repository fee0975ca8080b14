import type { Quantity } from './quantity.ts';

/** A figure of a meter, as the mean over repeated runs with the idle power taken off. */
export interface MeasuredDocument {
  /** Joules of one iteration; `low` and `high` are the 95 % confidence interval. */
  readonly energy: Quantity<'J'>;
  /** Runs behind the mean. */
  readonly repetitions: number;
  /** Which meter and which part of the machine it covers, e.g. "RAPL package 0". */
  readonly sensor: string;
  /** ISO date of the measurement. */
  readonly date: string;
}

/** One thing priced in several ways: by formula, by simulation of the circuit, by a meter. They stand beside each other and are never mixed. */
export interface EvidenceDocument {
  /** What was priced, e.g. "multiply-adds of one inference", "direct solve on the engine", "one inference". */
  readonly of: string;
  readonly estimate: Quantity<'J'>;
  readonly simulated: Quantity<'J'> | null;
  readonly measured: MeasuredDocument | null;
  /** (estimate - better) / better, where better is the measured figure, else the simulated one; null when there is neither. */
  readonly error: number | null;
  /** Why the simulated or measured figure no longer belongs to the model, plan, target or calibration; null while it does. */
  readonly stale: string | null;
}

/** A saving by one constant table. */
export interface TableSaving {
  /** Id of the constant table, e.g. "horowitz45". */
  readonly table: string;
  /** Multiply-add cell that was simulated, e.g. "array" or "booth". */
  readonly cell: string;
  readonly before: Quantity<'J'>;
  readonly after: Quantity<'J'>;
  /** 1 - after/before, a share; negative when the change costs energy. */
  readonly saving: number;
}

/** A saving, never without its baseline, at least two tables and the accuracy on both sides (method 7.2). */
export interface SavingDocument {
  /** What is compared with what, in words: precision, mapping, rows, and whether zeros were skipped before. */
  readonly baseline: string;
  readonly variant: string;
  readonly perTable: readonly TableSaving[];
  /** Smallest and largest saving over the tables of the first cell. */
  readonly low: number;
  readonly high: number;
  /** `cross-entropy`: mean loss in nats per token or row; less is better, as with `mse`. */
  readonly metric: 'accuracy' | 'mse' | 'cross-entropy';
  readonly before: number;
  readonly after: number;
  /** Which rows `before` and `after` were read on, e.g. "200 held-out rows". */
  readonly split: string;
  readonly rows: number;
  /** Share of the model's multiply-adds that the energies are of, where some layers are left out; absent: all, or not known. */
  readonly macShare?: number;
  readonly source: Quantity['source'];
}
