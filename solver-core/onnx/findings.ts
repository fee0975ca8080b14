import type { Diagnostic, Where } from '../model/diagnostic.ts';

/** Findings of one kind kept per file; a hostile file could otherwise produce one per node. */
const maxPerCode = 50;

/** Collects diagnostics, at most `maxPerCode` of each code, and says how many were left out. */
export class Findings {
  private readonly kept: Diagnostic[] = [];
  private readonly counts = new Map<string, { n: number; severity: Diagnostic['severity'] }>();

  add(severity: Diagnostic['severity'], code: string, message: string, where: Where = {}): void {
    const entry = this.counts.get(code) ?? { n: 0, severity };
    entry.n++;
    this.counts.set(code, entry);
    if (entry.n <= maxPerCode) this.kept.push({ severity, code, message, where });
  }

  addAll(diagnostics: readonly Diagnostic[]): void {
    for (const d of diagnostics) this.add(d.severity, d.code, d.message, d.where);
  }

  list(): readonly Diagnostic[] {
    const more: Diagnostic[] = [];
    for (const [code, { n, severity }] of this.counts) {
      if (n > maxPerCode) more.push({ severity, code, message: `${n - maxPerCode} more findings of this kind are not listed.`, where: {} });
    }
    return [...this.kept, ...more];
  }
}
