import * as vscode from 'vscode';
import type { SparsifyDocument } from '../solver-core/protocol/index.ts';
import { increaseText } from './to-sparsity-view.ts';
import { shareText } from './to-optimise-view.ts';
import { baseName } from './to-view.ts';

/** Why activations of a restricted workspace cannot be made sparse. */
export const sparsifyTrustText = (): string =>
  vscode.l10n.t(
    'Making activations sparse is blocked in a restricted workspace, because it runs the model of this workspace in ONNX Runtime and writes files beside it.',
  );

/** Tells that a model was written, and offers what comes next. */
export async function announceSparse(output: string, document: SparsifyDocument): Promise<void> {
  const name = baseName(output);
  const { evaluation } = document;
  const text = evaluation
    ? vscode.l10n.t(
        '{0} was written: {1} of the multiply-adds meet a zero, {2} before; {3} on rows that chose nothing.',
        name,
        shareText(evaluation.sparsity.after),
        shareText(evaluation.sparsity.before),
        increaseText(evaluation.loss.increase, vscode.l10n.t),
      )
    : vscode.l10n.t('{0} was written.', name);
  const open = vscode.l10n.t('Open model');
  const show = vscode.l10n.t('Show result');
  const choice = await vscode.window.showInformationMessage(text, open, show);
  if (choice === open) await vscode.commands.executeCommand('tierwise.openModel', vscode.Uri.file(output));
  if (choice === show) await vscode.commands.executeCommand('tierwise.sparsify', vscode.Uri.file(document.plan));
}
