import * as vscode from 'vscode';
import { baseName } from './to-view.ts';

/** Moves a file to the trash; one that is gone already is no error. False when the user rather keeps a file that no trash would hold. */
export async function moveToTrash(file: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(file);
  } catch {
    return true;
  }
  try {
    await vscode.workspace.fs.delete(file, { useTrash: true });
  } catch {
    // Some machines have no trash, e.g. a container behind a remote connection.
    const anyway = vscode.l10n.t('Delete permanently');
    const text = vscode.l10n.t('{0} cannot be moved to a trash on this machine.', baseName(file.path));
    if ((await vscode.window.showWarningMessage(text, { modal: true }, anyway)) !== anyway) return false;
    await vscode.workspace.fs.delete(file);
  }
  return true;
}
