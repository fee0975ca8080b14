import * as vscode from 'vscode';

const scheme = 'tierwise-proposal';

/** Shows what a file would become beside what it is, as a diff that cannot be edited. Returns what closes it again. */
export async function showProposal(file: vscode.Uri, text: string, title: string): Promise<() => Promise<void>> {
  const proposed = file.with({ scheme });
  const registration = vscode.workspace.registerTextDocumentContentProvider(scheme, { provideTextDocumentContent: () => text });
  await vscode.commands.executeCommand('vscode.diff', file, proposed, title, { preview: true });
  return async () => {
    registration.dispose();
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const ours = tabs.filter(
      (tab) => tab.input instanceof vscode.TabInputTextDiff && tab.input.modified.toString() === proposed.toString(),
    );
    if (ours.length > 0) await vscode.window.tabGroups.close(ours);
  };
}
