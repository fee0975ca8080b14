import type { Diagnostic, Severity } from '../model/diagnostic.ts';
import type { PlanCode } from './codes.ts';
import type { LineTable, Span } from './text.ts';

/** More findings than this help nobody; the rest is counted. */
export const maxFindings = 200;

/** Collects the findings about one plan, in the order they were made, up to `maxFindings`. */
export interface Findings {
  add(severity: Severity, code: PlanCode, span: Span, message: string, suggestions?: readonly string[]): void;
  /** True when findings were left out already; expensive checks stop then. */
  full(): boolean;
  /** True when an error was found so far. */
  hasErrors(): boolean;
  /** Sorted by position; a last finding says how many were left out. */
  list(): readonly Diagnostic[];
}

/** An empty collection for the text behind `lines`. */
export function createFindings(lines: LineTable): Findings {
  const kept: { readonly span: Span; readonly diagnostic: Diagnostic }[] = [];
  let dropped = 0;
  let errors = 0;
  return {
    add(severity, code, span, message, suggestions = []) {
      if (severity === 'error') errors++;
      if (kept.length >= maxFindings) {
        dropped++;
        return;
      }
      const base = { severity, code, message, where: { range: lines.range(span) } };
      kept.push({ span, diagnostic: suggestions.length === 0 ? base : { ...base, suggestions } });
    },
    full: () => dropped > 0,
    hasErrors: () => errors > 0,
    list() {
      const sorted = [...kept].sort((a, b) => a.span.offset - b.span.offset).map((k) => k.diagnostic);
      if (dropped === 0) return sorted;
      const last: Diagnostic = {
        severity: errors > 0 ? 'error' : 'warning',
        code: 'too-many-findings',
        message: `more than ${maxFindings} findings; repair these and check again`,
        where: { range: lines.range({ offset: 0, end: 0 }) },
      };
      return [...sorted, last];
    },
  };
}
