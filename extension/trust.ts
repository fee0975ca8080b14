import * as vscode from 'vscode';

/** Says why something is blocked in a restricted workspace, and offers the way to trust it. */
export async function explainTrust(why: string): Promise<void> {
  const manage = vscode.l10n.t('Manage workspace trust');
  if ((await vscode.window.showWarningMessage(why, manage)) === manage) await vscode.commands.executeCommand('workbench.trust.manage');
}
