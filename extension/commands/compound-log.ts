import * as vscode from 'vscode';
import type { CompoundRun } from '../compound-run.ts';
import { baseName } from '../to-view.ts';

/** Shows every decision as a line of JSON. The editor opens it as a file, not through us: a log may have more than an extension may read. */
export async function openCompoundLog(run: CompoundRun | undefined): Promise<void> {
  const path = run?.record?.outputs.log;
  if (path === undefined) return void vscode.window.showInformationMessage(vscode.l10n.t('No compound model was run for this plan yet.'));
  const log = vscode.Uri.file(path);
  const isThere = await vscode.workspace.fs.stat(log).then(
    () => true,
    () => false,
  );
  if (isThere) return void (await vscode.commands.executeCommand('vscode.open', log));
  void vscode.window.showWarningMessage(
    vscode.l10n.t('{0} is not there any more. Start the stream over to write it anew.', baseName(log.path)),
  );
}
