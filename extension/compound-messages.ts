import * as vscode from 'vscode';
import type { CompoundDocument } from '../solver-core/protocol/index.ts';
import { formatCount, formatQuantity } from './format.ts';
import { showRecurring } from './quiet.ts';
import { shareText } from './to-optimise-view.ts';
import { baseName } from './to-view.ts';

/** Why a compound model of a restricted workspace cannot be run. */
export const compoundTrustText = (): string =>
  vscode.l10n.t(
    'Running a compound model is blocked in a restricted workspace, because it runs the models of this workspace in ONNX Runtime and writes files beside them.',
  );

/** Tells what a stream came to, and offers the page. */
export async function announceCompound(record: CompoundDocument, memory: vscode.Memento): Promise<void> {
  const { totals } = record;
  const spent = formatQuantity(totals.sums.compound);
  const upper = formatQuantity(totals.sums.alwaysUpper);
  const name = baseName(record.stream);
  const count = formatCount(totals.decisions);
  const text =
    totals.accuracy === null
      ? vscode.l10n.t('{0}: {1} decisions for {2}; always asking the upper module would have cost {3}.', name, count, spent, upper)
      : vscode.l10n.t(
          '{0}: {1} decisions, {2} right, for {3}; always asking the upper module would have cost {4}.',
          name,
          count,
          shareText(totals.accuracy),
          spent,
          upper,
        );
  const show = vscode.l10n.t('Show decisions');
  if ((await showRecurring(memory, 'compound', text, show)) === show)
    await vscode.commands.executeCommand('tierwise.openCompound', vscode.Uri.file(record.plan));
}
