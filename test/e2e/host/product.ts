import * as vscode from 'vscode';

/** What the extension's `activate` returns for tests. */
export interface TestApi {
  solverReady(): Promise<void>;
  lastFit(): unknown;
  cspViolations(): unknown[];
  solverPid(): number | undefined;
}

/** The installed product, activated. */
export async function activated(): Promise<TestApi> {
  const extension = product();
  return (await extension.activate()) as TestApi;
}

export function product(): vscode.Extension<unknown> {
  const extension = vscode.extensions.getExtension('tierwise.tierwise');
  if (extension === undefined) throw new Error('tierwise.tierwise is not installed.');
  return extension;
}

/** A file of the open folder; the suite never builds paths by hand, so that it runs on every system. */
export function fileUri(...segments: string[]): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (folder === undefined) throw new Error('No folder is open.');
  return vscode.Uri.joinPath(folder.uri, ...segments);
}

/** Replaces the whole text of an open document. */
export async function setText(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  await vscode.workspace.applyEdit(edit);
}
