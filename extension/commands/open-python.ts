import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { inert } from '../inert.ts';

const maxFiles = 200;

/** Opens the Python source of a model: the file beside the active plan, else one that is picked of the workspace. */
export async function openPythonSource(context: TierwiseContext): Promise<void> {
  const found = await vscode.workspace.findFiles('**/*.py', '**/{node_modules,.venv,venv,site-packages}/**', maxFiles);
  const folder = context.plans.active && vscode.Uri.joinPath(context.plans.active, '..').toString();
  const beside = found.filter((uri) => vscode.Uri.joinPath(uri, '..').toString() === folder);
  const choices = beside.length > 0 ? beside : found;
  const [only] = choices;
  if (only === undefined) return offerSample();
  const chosen = choices.length === 1 ? only : await pickFile(choices);
  if (chosen) await vscode.window.showTextDocument(chosen, { preview: false });
}

async function pickFile(files: readonly vscode.Uri[]): Promise<vscode.Uri | undefined> {
  const items = files
    .map((uri) => ({ label: inert(vscode.workspace.asRelativePath(uri)), uri }))
    .sort((a, b) => a.label.localeCompare(b.label));
  return (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Which Python file builds the model?') }))?.uri;
}

async function offerSample(): Promise<void> {
  const open = vscode.l10n.t('Open sample project');
  const text = vscode.l10n.t('There is no Python file in this workspace. The sample project has one with comments that say the tiers.');
  if ((await vscode.window.showInformationMessage(text, open)) === open) await vscode.commands.executeCommand('tierwise.openSample');
}
