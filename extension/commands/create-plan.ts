import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { showError } from '../errors-ui.ts';
import { refuseFar } from '../far-file.ts';
import { newPlanText } from '../plan-text.ts';
import { baseName } from '../to-view.ts';
import { modelEditorType } from '../panels/model-editor.ts';

const maxModelsListed = 200;

/** Writes `<model>.tiers` beside a model, undoable, and opens it. An existing plan is opened instead, never overwritten. */
export async function createPlan(context: TierwiseContext, given?: vscode.Uri): Promise<void> {
  const model = given ?? activeModel() ?? (await pickModel());
  if (!model || refuseFar(model)) return;
  const folder = vscode.Uri.joinPath(model, '..');
  const plan = vscode.Uri.joinPath(folder, `${baseName(model.path).replace(/\.onnx$/i, '')}.tiers`);
  if (await exists(plan)) {
    await vscode.window.showTextDocument(plan);
    void vscode.window.showInformationMessage(vscode.l10n.t('{0} has a plan already.', baseName(model.path)));
    return;
  }
  try {
    const inspect = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Reading the model') },
      () => context.solver.request('tierwise/inspect', { path: model.fsPath }),
    );
    const text = newPlanText({ modelFile: baseName(model.path), dataFile: await dataBeside(folder, model), inspect });
    const edit = new vscode.WorkspaceEdit();
    edit.createFile(plan, { contents: new TextEncoder().encode(text), overwrite: false });
    if (!(await vscode.workspace.applyEdit(edit))) throw new Error(vscode.l10n.t('{0} could not be written', baseName(plan.path)));
    await vscode.window.showTextDocument(plan);
  } catch (error) {
    await showError(context.log, vscode.l10n.t('No plan for {0}', baseName(model.path)), error);
  }
}

/** The model in the active editor tab, when it is one. */
export function activeModel(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputCustom && (input.viewType === modelEditorType || input.uri.path.endsWith('.onnx'))) return input.uri;
  if (input instanceof vscode.TabInputText && input.uri.path.endsWith('.onnx')) return input.uri;
  return undefined;
}

/** Asks which model of the workspace is meant. */
export async function pickModel(): Promise<vscode.Uri | undefined> {
  const models = (await vscode.workspace.findFiles('**/*.onnx', '**/node_modules/**', maxModelsListed)).filter(
    (uri) => uri.scheme === 'file',
  );
  if (models.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no ONNX model in this workspace.'));
    return undefined;
  }
  const items = models.map((uri) => ({
    label: baseName(uri.path),
    description: vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..')),
    uri,
  }));
  items.sort((a, b) => a.label.localeCompare(b.label));
  return (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Choose a model') }))?.uri;
}

/** `<model>.npz`, else the only data file of the folder, else none: a guess among several would be wrong too often. */
export async function dataBeside(folder: vscode.Uri, model: vscode.Uri): Promise<string | undefined> {
  const names = (await vscode.workspace.fs.readDirectory(folder)).filter(([, type]) => type === vscode.FileType.File).map(([name]) => name);
  const sameName = `${baseName(model.path).replace(/\.onnx$/i, '')}.npz`;
  if (names.includes(sameName)) return sameName;
  const data = names.filter((name) => /\.npz$/i.test(name));
  return data.length === 1 ? data[0] : undefined;
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
