/** What moves while something runs; `stopping` after the user asked it to stop. */
export interface RunProgress {
  readonly message: string;
  readonly fraction: number | null;
  readonly stopping: boolean;
}

/** The same of a search; `writes` when it will write the model. */
export interface SearchProgress extends RunProgress {
  readonly writes: boolean;
}

/** The files that were written and not deleted since; `earlier`: by another search than the one that the result shown is of. */
export interface WrittenFiles {
  readonly output: string;
  readonly files: readonly string[];
  readonly earlier: boolean;
}

/** Why a run failed. */
export interface RunFailure {
  readonly code: string;
  readonly message: string;
  readonly advice: string;
}

/** A finding of the solver about a plan, a model or data. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'info';
  readonly code: string;
  readonly message: string;
}
