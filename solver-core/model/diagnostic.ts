/** One-based line and column; the end is exclusive. */
export interface TextRange {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Where a diagnostic points. Names come from the user's files and are inert text. */
export interface Where {
  readonly path?: string;
  readonly byteOffset?: number;
  readonly node?: string;
  readonly tensor?: string;
  readonly range?: TextRange;
}

export type Severity = 'error' | 'warning' | 'info';

/** A finding about the user's model, plan or data: a value, never an exception. `code` is stable and kebab-case. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly code: string;
  /** What happened with actual and expected values, then what to try. */
  readonly message: string;
  readonly where: Where;
  /** Texts that would repair the finding when put at `where.range`, best first. */
  readonly suggestions?: readonly string[];
}

/** Result of reading untrusted input: a value when it is usable, and always the findings. */
export interface Checked<T> {
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** True when at least one finding is an error. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === 'error');
}
