import * as vscode from 'vscode';
import { dataBeside } from '../commands/create-plan.ts';
import type { TierwiseContext } from '../context.ts';
import { showError } from '../errors-ui.ts';
import { inert } from '../inert.ts';
import { baseName } from '../to-view.ts';
import { choosePythonModel, pythonDocument, sayNoModel, sayNoPython } from './layer-commands.ts';
import { mergePlan } from './merge-plan.ts';
import { saysTheSame } from './plan-difference.ts';
import { planBeside, planOf } from './plan-of-model.ts';
import { showProposal } from './proposal-documents.ts';
import { fileOf, textOf } from './python-text.ts';

/**
 * Writes the plan that the annotations of a Python document state, undoable, and opens it. Where there is a plan, what would change in it
 * is shown first, and nothing changes unless the user says so.
 */
export async function createPlanFromAnnotations(context: TierwiseContext, target?: unknown): Promise<void> {
  const document = pythonDocument(target);
  if (!document) return sayNoPython();
  const analysis = await context.pythonAnalysis.fresh(document);
  if (!analysis?.layers.some((layer) => layer.annotation !== null)) {
    return void vscode.window.showInformationMessage(
      vscode.l10n.t('No layer here is annotated yet. Write "# tier: lower" or "# tier: upper" behind a layer, or press Ctrl+. on it.'),
    );
  }
  if (analysis.model === null) return askForModel(context, document);
  const model = vscode.Uri.file(analysis.model);
  const plan = await planOf(context.plans, model);
  const place = plan ?? planBeside(model);
  try {
    const folder = vscode.Uri.joinPath(place, '..');
    const data = await dataBeside(vscode.Uri.joinPath(model, '..'), model);
    const { text, unmatched } = await context.solver.request('tierwise/annotationPlan', {
      path: fileOf(document).fsPath,
      text: textOf(document).text,
      model: model.fsPath,
      planFolder: folder.fsPath,
      ...(data === undefined ? {} : { data }),
    });
    const planned = plan && context.plans.snapshot(plan).energy?.layers;
    if (plan && planned && saysTheSame(analysis.layers, planned)) await openSame(plan);
    else if (plan) await offerUpdate(plan, text);
    else await writeNew(place, text);
    if (unmatched.length > 0) sayUnmatched(unmatched, model);
  } catch (error) {
    await showError(context.log, vscode.l10n.t('No plan from the annotations of {0}', baseName(fileOf(document).path)), error);
  }
}

async function askForModel(context: TierwiseContext, document: vscode.TextDocument): Promise<void> {
  if ((await context.pythonAnalysis.models.all()).length === 0) return sayNoModel();
  const choose = vscode.l10n.t('Choose the model');
  const choice = await vscode.window.showInformationMessage(
    vscode.l10n.t('No exported model has weights with the names of these layers, so a plan has no model to be about.'),
    choose,
  );
  if (choice === choose) await choosePythonModel(context, document.uri);
}

async function writeNew(plan: vscode.Uri, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.createFile(plan, { contents: new TextEncoder().encode(text), overwrite: false });
  if (!(await vscode.workspace.applyEdit(edit))) throw new Error(vscode.l10n.t('{0} could not be written', baseName(plan.path)));
  await vscode.window.showTextDocument(plan);
}

async function openSame(plan: vscode.Uri): Promise<void> {
  await vscode.window.showTextDocument(plan);
  const name = inert(baseName(plan.path));
  void vscode.window.showInformationMessage(vscode.l10n.t('{0} has every layer in the tier that the annotations say already.', name));
}

async function offerUpdate(plan: vscode.Uri, stated: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(plan);
  const before = document.getText();
  const after = mergePlan(before.replaceAll('\r\n', '\n'), stated);
  const name = inert(baseName(plan.path));
  if (after === before.replaceAll('\r\n', '\n')) return openSame(plan);
  const close = await showProposal(plan, after, vscode.l10n.t('{0}: as it is \u2194 with the tiers of the annotations', name));
  const [update, open] = [vscode.l10n.t('Update'), vscode.l10n.t('Open')];
  const choice = await vscode.window.showInformationMessage(
    vscode.l10n.t(
      'There is a plan already. Change which layers are in which tier of {0}, as the annotations say? Everything else in it stays.',
      name,
    ),
    update,
    open,
    vscode.l10n.t('Cancel'),
  );
  await close();
  if (choice === update) {
    if (document.getText() !== before) throw new Error(vscode.l10n.t('{0} was edited meanwhile', baseName(plan.path)));
    const edit = new vscode.WorkspaceEdit();
    edit.replace(plan, new vscode.Range(0, 0, document.lineCount, 0), after);
    if (!(await vscode.workspace.applyEdit(edit))) throw new Error(`${baseName(plan.path)} could not be changed`);
  }
  if (choice === update || choice === open) await vscode.window.showTextDocument(document, { preview: false });
}

function sayUnmatched(names: readonly string[], model: vscode.Uri): void {
  const shown = names.slice(0, 5).join(', ');
  void vscode.window.showWarningMessage(
    vscode.l10n.t('{0} of the annotated layers are not in {1}: {2}', names.length, baseName(model.path), shown),
  );
}
