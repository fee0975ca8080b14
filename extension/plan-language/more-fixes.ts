import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { codeOf } from '../finding-code.ts';
import { formatQuantity } from '../format.ts';
import { planPath } from './plan-path.ts';
import { raisedBudget } from './raise-budget.ts';

/** Asks for a file and names it in a plan; serves quick fixes only, so it stands in no menu. */
export const chooseFileCommand = 'tierwise.choosePlanFile';

const codesOfFiles: ReadonlySet<unknown> = new Set(['missing-file', 'path-outside-folder', 'model-unreadable']);

/** Quick fixes that need more than the plan: figures of energy, or a question to the user. */
export function moreFixes(
  context: TierwiseContext,
  document: vscode.TextDocument,
  findings: readonly vscode.Diagnostic[],
): vscode.CodeAction[] {
  return findings.flatMap((finding) => {
    if (finding.source !== 'tierwise') return [];
    const code = codeOf(finding);
    if (code === 'budget-exceeded' || code === 'budget-uncertain') return raise(context, document, finding);
    return codesOfFiles.has(code) && document.uri.scheme === 'file' ? [choose(document, finding)] : [];
  });
}

/** Raises a budget to the estimate, or to its upper bound where the estimate is within it already. Never the preferred way to go. */
function raise(context: TierwiseContext, document: vscode.TextDocument, finding: vscode.Diagnostic): vscode.CodeAction[] {
  const { start } = finding.range;
  const budget = context.plans
    .known(document.uri)
    ?.check?.budgets.find(({ range }) => range !== null && range.line - 1 === start.line && range.column - 1 === start.character);
  const actual = budget?.actual;
  if (!actual) return [];
  const isExceeded = codeOf(finding) === 'budget-exceeded';
  const newText = raisedBudget(document.getText(finding.range), isExceeded ? actual.value : actual.high);
  if (newText === undefined) return [];
  const title = isExceeded
    ? vscode.l10n.t('Raise the budget to the estimate of {0}: {1}', formatQuantity(actual), newText)
    : vscode.l10n.t('Raise the budget to the upper bound of the estimate: {0}', newText);
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.edit = new vscode.WorkspaceEdit();
  action.edit.replace(document.uri, finding.range, newText);
  action.diagnostics = [finding];
  action.isPreferred = false;
  return [action];
}

function choose(document: vscode.TextDocument, finding: vscode.Diagnostic): vscode.CodeAction {
  const title = vscode.l10n.t('Choose a file\u2026');
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.command = { command: chooseFileCommand, title, arguments: [document.uri, finding.range, document.getText(finding.range)] };
  action.diagnostics = [finding];
  return action;
}

/** Puts the path of a chosen file into the place of `written`, unless the plan says something else there by now. */
export async function choosePlanFile(plan: unknown, place: unknown, written: unknown): Promise<void> {
  if (!(plan instanceof vscode.Uri) || !(place instanceof vscode.Range) || typeof written !== 'string') return;
  const folder = vscode.Uri.joinPath(plan, '..');
  const chosen = await vscode.window.showOpenDialog({
    defaultUri: folder,
    canSelectMany: false,
    openLabel: vscode.l10n.t('Name in the plan'),
  });
  const file = chosen?.[0];
  if (!file) return;
  const document = await vscode.workspace.openTextDocument(plan);
  if (document.getText(place) !== written) return;
  const edit = new vscode.WorkspaceEdit();
  edit.replace(plan, place, planPath(folder, file));
  await vscode.workspace.applyEdit(edit);
}
