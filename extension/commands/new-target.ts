import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { showError } from '../errors-ui.ts';
import { targetFiles, type TargetFile } from '../target-files.ts';
import { targetFromTemplate, targetIdPattern } from '../target-text.ts';

/** Writes `.tierwise/targets/<id>.json` beside the plan as a copy of a target that is there already, undoable, and opens it. */
export async function newTarget(context: TierwiseContext): Promise<void> {
  const folder = baseFolder(context);
  if (!folder)
    return void vscode.window.showInformationMessage(
      vscode.l10n.t('Open a folder first: a target is a file below .tierwise/targets in it.'),
    );
  const known = await targetFiles(context.extensionUri);
  const template = await pickTemplate(known);
  if (!template) return;
  const id = await askId(template, known);
  if (id === undefined) return;
  const uri = vscode.Uri.joinPath(folder, '.tierwise', 'targets', `${id}.json`);
  try {
    const start = (await vscode.workspace.openTextDocument(template.uri)).getText();
    const name = vscode.l10n.t('{0} (copy)', template.name);
    const edit = new vscode.WorkspaceEdit();
    edit.createFile(uri, { contents: new TextEncoder().encode(targetFromTemplate(start, id, name)), overwrite: false });
    if (!(await vscode.workspace.applyEdit(edit))) throw new Error(vscode.l10n.t('{0} could not be written', uri.fsPath));
    await vscode.window.showTextDocument(uri);
  } catch (error) {
    return showError(context.log, vscode.l10n.t('No target {0}', id), error);
  }
  void vscode.window.showInformationMessage(
    vscode.l10n.t('Change the constants and say where each comes from; then name the target in a plan: target "{0}"', id),
  );
}

/** The folder whose `.tierwise` the active plan reads: the workspace folder it lies in, else the only one, else its own. */
function baseFolder(context: TierwiseContext): vscode.Uri | undefined {
  const plan = context.plans.active;
  const around = plan && vscode.workspace.getWorkspaceFolder(plan);
  return (around ?? vscode.workspace.workspaceFolders?.[0])?.uri ?? (plan && vscode.Uri.joinPath(plan, '..'));
}

async function pickTemplate(known: readonly TargetFile[]): Promise<TargetFile | undefined> {
  const items = known.map((target) => ({
    label: target.id,
    description: target.shipped ? target.name : vscode.l10n.t('{0}, of this workspace', target.name),
    detail: target.summary,
    target,
  }));
  const placeHolder = vscode.l10n.t('Start from which target?');
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true, matchOnDetail: true }))?.target;
}

async function askId(template: TargetFile, known: readonly TargetFile[]): Promise<string | undefined> {
  const taken = new Set(known.map(({ id }) => id));
  return vscode.window.showInputBox({
    prompt: vscode.l10n.t('Id of the new target, as plans will name it'),
    value: `my-${template.id}`,
    validateInput: (text) => {
      if (!targetIdPattern.test(text))
        return vscode.l10n.t(
          'An id has small letters, digits, dots, dashes and underscores, at most 64, and begins with a letter or digit.',
        );
      return taken.has(text) ? vscode.l10n.t('There is a target {0} already.', text) : undefined;
    },
  });
}
