import * as vscode from 'vscode';
import type { DiagnosticDocument } from '../../solver-core/protocol/index.ts';
import type { TierwiseContext } from '../context.ts';

const severities: Readonly<Record<DiagnosticDocument['severity'], vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
};

/**
 * Publishes exceeded and uncertain budgets, which only the solver can find. Everything else that `check` says comes
 * from the language server already, so that nothing stands in the list twice.
 */
export function createBudgetDiagnostics(context: TierwiseContext): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('tierwise-budgets');
  const update = (uri: vscode.Uri | undefined): void => {
    if (!uri) return;
    const findings = context.plans.snapshot(uri).check?.diagnostics.filter((diagnostic) => diagnostic.code.startsWith('budget-')) ?? [];
    collection.set(uri, findings.map(toDiagnostic));
  };
  return vscode.Disposable.from(
    collection,
    context.plans.onDidChange(update),
    vscode.workspace.onDidCloseTextDocument((document) => {
      if (document.uri.toString() !== context.plans.active?.toString()) collection.delete(document.uri);
    }),
    vscode.workspace.onDidDeleteFiles((event) => event.files.forEach((uri) => collection.delete(uri))),
  );
}

function toDiagnostic(finding: DiagnosticDocument): vscode.Diagnostic {
  const { range } = finding.where;
  const place = range
    ? new vscode.Range(range.line - 1, range.column - 1, range.endLine - 1, range.endColumn - 1)
    : new vscode.Range(0, 0, 0, 0);
  const diagnostic = new vscode.Diagnostic(place, finding.message, severities[finding.severity]);
  diagnostic.source = 'tierwise';
  diagnostic.code = finding.code;
  return diagnostic;
}
