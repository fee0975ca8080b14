import * as vscode from 'vscode';
import type { SelectDocument } from '../solver-core/protocol/index.ts';
import { savingView } from './to-optimise-view.ts';
import { baseName } from './to-view.ts';

/** Why a restricted workspace cannot be searched. */
export const optimiseTrustText = (): string =>
  vscode.l10n.t(
    'Optimising energy is blocked in a restricted workspace, because it runs the model of this workspace in ONNX Runtime and writes files beside it.',
  );

/** Tells that a model was written, and offers what comes next. */
export async function announceWritten(output: string, outcome: SelectDocument): Promise<void> {
  const name = baseName(output);
  const { saving } = savingView(outcome.saving, vscode.l10n.t);
  const text = saving
    ? vscode.l10n.t(
        '{0} was written: {1} of the multiply-add energy saved against {2} ({3}), {4} {5} before, {6} after.',
        name,
        saving.headline,
        saving.baseline,
        saving.tables,
        saving.metricText,
        saving.before,
        saving.after,
      )
    : vscode.l10n.t('{0} was written.', name);
  const open = vscode.l10n.t('Open model');
  const compare = vscode.l10n.t('Compare');
  const choice = await vscode.window.showInformationMessage(text, open, compare);
  if (choice === open) await vscode.commands.executeCommand('tierwise.openModel', vscode.Uri.file(output));
  if (choice === compare) await vscode.commands.executeCommand('tierwise.compareOptimised');
}
