import type { Diagnostic, Severity } from '../model/diagnostic.ts';
import type { LineTable, Span } from '../tiers/text.ts';

/** Every code that reading Python source can give. Stable: people filter on them and docs/python.md explains each. */
export const pythonCodes = [
  'unknown-word',
  'value-out-of-range',
  'misplaced-clause',
  'duplicate-clause',
  'missing-clause',
  'duplicate-annotation',
  'annotation-without-layer',
  'layer-not-solvable',
  'tier-order',
  'duplicate-tier-name',
  'source-too-large',
] as const;

export type PythonCode = (typeof pythonCodes)[number];

/** More findings than this help nobody. */
const maxFindings = 200;

/** Collects what is found in a file. */
export class PythonFindings {
  private readonly found: { readonly offset: number; readonly diagnostic: Diagnostic }[] = [];
  private readonly lines: LineTable;

  constructor(lines: LineTable) {
    this.lines = lines;
  }

  /** Notes a finding; beyond 200 they are left out. */
  add(severity: Severity, code: PythonCode, span: Span, message: string, suggestions: readonly string[] = []): void {
    if (this.found.length >= maxFindings) return;
    const base = { severity, code, message, where: { range: this.lines.range(span) } };
    this.found.push({ offset: span.offset, diagnostic: suggestions.length === 0 ? base : { ...base, suggestions } });
  }

  /** In the order of the text. */
  list(): readonly Diagnostic[] {
    return [...this.found].sort((a, b) => a.offset - b.offset).map(({ diagnostic }) => diagnostic);
  }
}
