import { DefaultDocumentValidator, OperationCancelled } from 'langium';
import type { LangiumCoreServices, LangiumDocument, ValidationOptions } from 'langium';
import type { CancellationToken, Diagnostic } from 'vscode-languageserver/node.js';
import { toLspRange, toLspSeverity } from './convert.ts';
import type { PlanChecks } from './plan-checks.ts';

/** Diagnostics come from the checker that the command line uses; Langium's own passes are not run. */
export class PlanValidator extends DefaultDocumentValidator {
  private readonly checks: PlanChecks;
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
    // Lets a key that came during the parse overtake.
    await new Promise((resolve) => setImmediate(resolve));
    if (cancelToken?.isCancellationRequested === true) throw OperationCancelled;
    return this.checks.of(document.textDocument).checked.diagnostics.flatMap((d) => {
      if (d.where.range === undefined) return [];
      return [
        { range: toLspRange(d.where.range), severity: toLspSeverity(d.severity), code: d.code, source: 'tierwise', message: d.message },
      ];
    });
  }
}
