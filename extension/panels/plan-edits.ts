import * as vscode from 'vscode';
import type { TierAssignment, TierGoal } from '../../solver-core/protocol/index.ts';
import type { TierwiseContext } from '../context.ts';

/** Why a plan was not edited. */
export type EditRefusal = Extract<TierAssignment, { readonly refusal: unknown }>['refusal'];

/** Attempts when the text changes while the language server thinks. */
const attempts = 3;

/**
 * Puts layers into a tier by one edit of the plan's text, which Undo in the plan takes back as one step; the file is opened when it is
 * not, never saved. Answers why when the plan was left as it is. Never rejects.
 */
export async function assignLayers(
  context: TierwiseContext,
  plan: vscode.Uri,
  layers: readonly string[],
  goal: TierGoal,
): Promise<EditRefusal | null> {
  if (plan.scheme !== 'file') return notHere();
  try {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const document = await vscode.workspace.openTextDocument(plan);
      const { version } = document;
      const answer = await context.language.assignTier(plan, layers, goal);
      if (answer === undefined) return unknownPlan();
      if ('refusal' in answer) return answer.refusal;
      // Positions are of the text that was asked about.
      if (document.version !== version) continue;
      if (answer.edits.length === 0) return null;
      const edit = new vscode.WorkspaceEdit();
      for (const { range, newText } of answer.edits) {
        const { start, end } = range;
        edit.replace(plan, new vscode.Range(start.line, start.character, end.line, end.character), newText);
      }
      if (await vscode.workspace.applyEdit(edit)) return null;
    }
    return {
      code: 'edit-not-applied',
      message: vscode.l10n.t('the plan changed meanwhile, or may not be written'),
      advice: vscode.l10n.t('Try again; a file that may only be read has to be made writable first.'),
    };
  } catch (error) {
    return editFailed(context, error);
  }
}

/** Undoes or redoes the newest edit of a plan in its editor, then gives the focus back to the panel. Answers why when the text stayed as it was. */
export async function stepInPlan(plan: vscode.Uri, step: 'undo' | 'redo'): Promise<EditRefusal | null> {
  const visible = vscode.window.visibleTextEditors.find((editor) => editor.document.uri.toString() === plan.toString());
  const document = await vscode.workspace.openTextDocument(plan);
  const column = visible?.viewColumn;
  await vscode.window.showTextDocument(document, { preview: false, ...(column === undefined ? {} : { viewColumn: column }) });
  const { version } = document;
  await vscode.commands.executeCommand(step);
  await vscode.commands.executeCommand('tierwise.tiersPanel.focus');
  if (document.version !== version) return null;
  const message = step === 'undo' ? vscode.l10n.t('the plan has no edit to undo') : vscode.l10n.t('the plan has no edit to redo');
  return { code: 'nothing-to-undo', message, advice: '' };
}

/** An edit that ended in an exception, as of a plan that is gone; the log has it too. */
export function editFailed(context: TierwiseContext, error: unknown): EditRefusal {
  const message = error instanceof Error ? error.message : String(error);
  context.log.error(`tiers: ${message}`);
  return { code: 'edit-failed', message, advice: vscode.l10n.t('Open the plan and try again; the Tierwise output has more.') };
}

/** A request about a plan that is not shown any more. */
export function otherPlan(): EditRefusal {
  return {
    code: 'other-plan',
    message: vscode.l10n.t('another plan is shown by now'),
    advice: vscode.l10n.t('Look at the list again, then repeat it.'),
  };
}

function notHere(): EditRefusal {
  return {
    code: 'model-not-here',
    message: vscode.l10n.t('the plan is in a virtual workspace, where its model cannot be read'),
    advice: vscode.l10n.t('Open the folder on this machine or over Remote, or edit the text by hand.'),
  };
}

function unknownPlan(): EditRefusal {
  return {
    code: 'plan-not-open',
    message: vscode.l10n.t('the language server does not know this plan'),
    advice: vscode.l10n.t('Open the plan in an editor and check that its language is Tierwise Plan.'),
  };
}
