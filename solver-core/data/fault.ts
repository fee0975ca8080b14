import type { Diagnostic, TextRange } from '../model/diagnostic.ts';

/**
 * A fault in the user's data, thrown inside the readers and turned into a diagnostic by `openDataset`; it never leaves this folder.
 * Codes: `data-unreadable`, `data-truncated`, `data-too-large`, `array-missing`, `dtype-unsupported`, `shape-mismatch`, `csv-not-numeric`,
 * `data-not-finite`.
 */
export class DataFault extends Error {
  override readonly name = 'DataFault';
  readonly code: DataFaultCode;
  readonly range: TextRange | undefined;
  readonly tensor: string | undefined;
  readonly suggestions: readonly string[];

  constructor(
    code: DataFaultCode,
    message: string,
    at: { readonly range?: TextRange; readonly tensor?: string; readonly suggestions?: readonly string[] } = {},
  ) {
    super(message);
    this.code = code;
    this.range = at.range;
    this.tensor = at.tensor;
    this.suggestions = at.suggestions ?? [];
  }
}

export type DataFaultCode =
  | 'data-unreadable'
  | 'data-truncated'
  | 'data-too-large'
  | 'data-not-finite'
  | 'array-missing'
  | 'dtype-unsupported'
  | 'shape-mismatch'
  | 'csv-not-numeric';

/** The fault as a finding about the file at `path`. */
export function toDiagnostic(fault: DataFault, path: string): Diagnostic {
  const where = {
    path,
    ...(fault.range === undefined ? {} : { range: fault.range }),
    ...(fault.tensor === undefined ? {} : { tensor: fault.tensor }),
  };
  const found: Diagnostic = { severity: 'error', code: fault.code, message: fault.message, where };
  return fault.suggestions.length > 0 ? { ...found, suggestions: fault.suggestions } : found;
}

/** A name from a file, cut and quoted for a message. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}
