import * as vscode from 'vscode';
import { modelEditorType } from '../panels/model-editor.ts';
import { activeModel, pickModel } from './create-plan.ts';

/** Opens a model (the given one, the active one, or one the user picks) in the model editor. */
export async function openModel(given?: vscode.Uri): Promise<void> {
  const model = given ?? activeModel() ?? (await pickModel());
  if (model) await vscode.commands.executeCommand('vscode.openWith', model, modelEditorType);
}

/** Makes the model editor the one that opens ONNX files; other associations stay as they are. */
export async function associateOnnx(): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('workbench');
  const current = configuration.inspect<Record<string, string>>('editorAssociations')?.globalValue ?? {};
  await configuration.update('editorAssociations', { ...current, '*.onnx': modelEditorType }, vscode.ConfigurationTarget.Global);
  const undo = vscode.l10n.t('Undo');
  const choice = await vscode.window.showInformationMessage(vscode.l10n.t('ONNX files now open as a table of layers.'), undo);
  if (choice === undo) await configuration.update('editorAssociations', current, vscode.ConfigurationTarget.Global);
}
