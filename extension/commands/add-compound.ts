import * as vscode from 'vscode';
import { hasCompound } from '../plan-lines.ts';
import { baseName } from '../to-view.ts';

/**
 * Whether a plan can be run on a stream, before anybody is asked for one: false when it has no compound section, which the user is told
 * and offered to add. True also where the text cannot be read: the solver says why.
 */
export async function checkCompound(plan: vscode.Uri): Promise<boolean> {
  const text = await vscode.workspace.openTextDocument(plan).then(
    (document) => document.getText(),
    () => undefined,
  );
  if (text === undefined || hasCompound(text)) return true;
  const add = vscode.l10n.t('Add one');
  const message = vscode.l10n.t(
    '{0} has no compound section. It says which part of the model decides and which one helps where that is not sure.',
    baseName(plan.path),
  );
  if ((await vscode.window.showInformationMessage(message, add)) === add) await addSection(plan);
  return false;
}

/** A section at the end of the plan, with its names to fill in; the rest has defaults. */
async function addSection(plan: vscode.Uri): Promise<void> {
  const editor = await vscode.window.showTextDocument(plan);
  const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
  const snippet = new vscode.SnippetString(end.character === 0 ? '\n' : '\n\n')
    .appendText('compound ')
    .appendPlaceholder('reader')
    .appendText(' {\n  lower ')
    .appendPlaceholder('blocks 0..3')
    .appendText('\n  upper ')
    .appendPlaceholder('rest')
    .appendText('\n  cache 16 MB\n  escalate below auto within 0.01\n  learn auto\n}\n');
  await editor.insertSnippet(snippet, end);
  editor.revealRange(new vscode.Range(end, end), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
