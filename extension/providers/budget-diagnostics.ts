import * as vscode from 'vscode';
import type { DiagnosticDocument } from '../../solver-core/protocol/index.ts';
import type { TierwiseContext } from '../context.ts';
import { linkedCode } from '../finding-code.ts';
import { parseTask } from '../task-plan.ts';

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
  /** Closed plans whose findings a task put into the list, so that they do not stand there twice. */
  const toldByTask = new Set<string>();
  const update = (uri: vscode.Uri | undefined): void => {
    if (!uri) return;
    if (toldByTask.has(uri.toString()) && !isOpen(uri)) return collection.delete(uri);
    const findings = context.plans.snapshot(uri).check?.diagnostics.filter((diagnostic) => diagnostic.code.startsWith('budget-')) ?? [];
    collection.set(uri, findings.map(toDiagnostic));
  };
  return vscode.Disposable.from(
    collection,
    context.plans.onDidChange(update),
    vscode.tasks.onDidStartTaskProcess(({ execution: { task } }) => {
      const plan = checkedPlan(task);
      if (!plan || isOpen(plan)) return;
      toldByTask.add(plan.toString());
      update(plan);
    }),
    vscode.workspace.onDidOpenTextDocument(({ uri }) => {
      if (toldByTask.delete(uri.toString())) update(uri);
    }),
    vscode.workspace.onDidCloseTextDocument((document) => {
      if (document.uri.toString() !== context.plans.active?.toString()) collection.delete(document.uri);
    }),
    vscode.workspace.onDidDeleteFiles((event) => event.files.forEach((uri) => collection.delete(uri))),
  );
}

const isOpen = (uri: vscode.Uri): boolean => vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());

/** The plan that a task of ours checks; undefined for other tasks. */
function checkedPlan({ definition, scope }: vscode.Task): vscode.Uri | undefined {
  const task = definition.type === 'tierwise' ? parseTask(definition) : undefined;
  if (task?.task !== 'check' || typeof scope !== 'object') return undefined;
  return vscode.Uri.joinPath(scope.uri, task.plan);
}

function toDiagnostic(finding: DiagnosticDocument): vscode.Diagnostic {
  const { range } = finding.where;
  const place = range
    ? new vscode.Range(range.line - 1, range.column - 1, range.endLine - 1, range.endColumn - 1)
    : new vscode.Range(0, 0, 0, 0);
  const diagnostic = new vscode.Diagnostic(place, finding.message, severities[finding.severity]);
  diagnostic.source = 'tierwise';
  diagnostic.code = linkedCode(finding.code);
  return diagnostic;
}
