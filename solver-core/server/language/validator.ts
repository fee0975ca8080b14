import { DefaultDocumentValidator, OperationCancelled } from 'langium';
import type { LangiumCoreServices, LangiumDocument, ValidationOptions } from 'langium';
import type { CancellationToken, Diagnostic } from 'vscode-languageserver/node.js';
import { isPlanFile } from '../../tiers/generated/ast.ts';
import type { ParsedPlan } from '../../tiers/language.ts';
import { toLspRange, toLspSeverity } from './convert.ts';
import type { PlanChecks } from './plan-checks.ts';

/** How long typing has to rest before a plan is checked again, in milliseconds. The first check of a document is immediate. */
const restMs = 150;

/** Diagnostics come from the checker that the command line uses; Langium's own passes are not run. */
export class PlanValidator extends DefaultDocumentValidator {
  private readonly checks: PlanChecks;
  private readonly versions = new Map<string, number>();

  constructor(services: LangiumCoreServices, checks: PlanChecks) {
    super(services);
    this.checks = checks;
  }

  /** Findings of the document's current text; rejects with OperationCancelled when the text changes meanwhile. */
  override async validateDocument(
    document: LangiumDocument,
    _options?: ValidationOptions,
    cancelToken?: CancellationToken,
  ): Promise<Diagnostic[]> {
    const { uri, version } = document.textDocument;
    const before = this.versions.get(uri);
    if (before !== undefined && before !== version) await rest(restMs, cancelToken);
    if (cancelToken?.isCancellationRequested === true) throw OperationCancelled;
    this.versions.set(uri, version);
    const parsed = isPlanFile(document.parseResult.value) ? (document.parseResult as ParsedPlan) : undefined;
    return this.checks.of(document.textDocument, parsed).checked.diagnostics.flatMap((d) => {
      if (d.where.range === undefined) return [];
      return [
        { range: toLspRange(d.where.range), severity: toLspSeverity(d.severity), code: d.code, source: 'tierwise', message: d.message },
      ];
    });
  }

  /** A closed document starts afresh when it is opened again. */
  forget(uri: string): void {
    this.versions.delete(uri);
  }
}

/** Resolves after `ms` milliseconds, or at once when cancelled. */
function rest(ms: number, cancelToken: CancellationToken | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    const listener = cancelToken?.onCancellationRequested(done);
    function done(): void {
      clearTimeout(timer);
      listener?.dispose();
      resolve();
    }
  });
}
