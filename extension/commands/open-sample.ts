import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { showError } from '../errors-ui.ts';

const sampleName = 'tierwise-digits';
const maxCopies = 100;

/** Copies the sample project into a folder the user picks and opens its plan. The copy is the user's to change. */
export async function openSample(context: TierwiseContext): Promise<void> {
  const parent = await chooseParent();
  if (!parent) return;
  const source = vscode.Uri.joinPath(context.extensionUri, 'examples', 'digits');
  try {
    const target = await freeFolder(parent);
    await copySources(source, target);
    await openCopied(target);
  } catch (error) {
    await showError(context.log, vscode.l10n.t('The sample project could not be copied'), error);
  }
}

async function chooseParent(): Promise<vscode.Uri | undefined> {
  const here = vscode.workspace.workspaceFolders?.find((folder) => folder.uri.scheme === 'file');
  const other = { label: vscode.l10n.t('Choose a folder\u2026'), uri: undefined };
  if (here) {
    const items = [{ label: vscode.l10n.t('Into {0}', here.name), description: here.uri.fsPath, uri: here.uri }, other];
    const choice = await vscode.window.showQuickPick(items, {
      placeHolder: vscode.l10n.t('Where should the sample project go?'),
      // The walkthrough may draw itself anew while the question is open, and take the focus.
      ignoreFocusOut: true,
    });
    if (!choice) return undefined;
    if (choice.uri) return choice.uri;
  }
  const picked = await vscode.window.showOpenDialog({
    canSelectFolders: true,
    canSelectFiles: false,
    canSelectMany: false,
    openLabel: vscode.l10n.t('Copy the sample here'),
  });
  return picked?.[0];
}

/** A folder that does not exist yet: an earlier copy is never overwritten. */
async function freeFolder(parent: vscode.Uri): Promise<vscode.Uri> {
  for (let copy = 1; copy <= maxCopies; copy++) {
    const candidate = vscode.Uri.joinPath(parent, copy === 1 ? sampleName : `${sampleName}-${copy}`);
    const taken = await vscode.workspace.fs.stat(candidate).then(
      () => true,
      () => false,
    );
    if (!taken) return candidate;
  }
  throw new Error(vscode.l10n.t('{0} copies of the sample are there already', maxCopies));
}

/** Copies the files of the sample without what an earlier fit left beside them. */
async function copySources(source: vscode.Uri, target: vscode.Uri): Promise<void> {
  await vscode.workspace.fs.createDirectory(target);
  for (const [name, type] of await vscode.workspace.fs.readDirectory(source)) {
    if (type !== vscode.FileType.File || /\.fitted\.|\.report\./.test(name)) continue;
    await vscode.workspace.fs.copy(vscode.Uri.joinPath(source, name), vscode.Uri.joinPath(target, name));
  }
}

async function openCopied(target: vscode.Uri): Promise<void> {
  const plan = vscode.Uri.joinPath(target, 'digits.tiers');
  if (vscode.workspace.getWorkspaceFolder(target)) {
    await vscode.window.showTextDocument(plan);
    return;
  }
  const open = vscode.l10n.t('Open folder');
  await vscode.window.showTextDocument(plan);
  const text = vscode.l10n.t('The sample project is in {0}.', target.fsPath);
  void vscode.window.showInformationMessage(text, open).then((choice) => {
    if (choice === open) void vscode.commands.executeCommand('vscode.openFolder', target);
  });
}
