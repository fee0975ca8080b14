import * as vscode from 'vscode';
import { budgetState } from '../budget-words.ts';
import type { TierwiseContext } from '../context.ts';
import { evidenceLines, groundsLines } from '../evidence-text.ts';
import { formatBand, formatQuantity, speakQuantity, sourceWord } from '../format.ts';
import { inert } from '../inert.ts';
import { escapeMarkdown } from '../markdown.ts';
import { baseName, outdatedText } from '../to-view.ts';

/** One item: energy per inference and target of the active plan. Hidden while there is no plan or no number. */
export function createStatusBarItem(context: TierwiseContext): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('tierwise.total', vscode.StatusBarAlignment.Right, 90);
  item.name = vscode.l10n.t('Tierwise: energy per inference');
  item.command = 'tierwise.openReport';
  const update = (): void => {
    const snapshot = context.plans.activeSnapshot;
    const total = snapshot?.energy?.totals.inference;
    if (!snapshot?.energy || !total) return item.hide();
    const { target } = snapshot.energy;
    const value = formatQuantity(total);
    const budget = budgetState(snapshot.check?.budgets ?? [], vscode.l10n.t);
    const state = budget === null ? '' : ` $(${budget.icon}) ${budget.text}`;
    const outdated = snapshot.error === null ? [] : [outdatedText(snapshot.error, snapshot.check, vscode.l10n.t)];
    item.text = `$(${outdated.length === 0 ? 'zap' : 'warning'}) ${vscode.l10n.t('{0} per inference on {1}', value, inert(target))}${state}`;
    const band = formatBand(total, vscode.l10n.t);
    const evidence = evidenceLines(snapshot.energy.evidence, vscode.l10n.t);
    const lines = [
      `**${escapeMarkdown(baseName(snapshot.path))}**`,
      vscode.l10n.t(
        'One inference on {0}: **{1}** ({2}, {3})',
        escapeMarkdown(target),
        value,
        band,
        sourceWord(total.source, vscode.l10n.t),
      ),
      ...outdated.map((text) => escapeMarkdown(text, 400)),
      ...(budget === null ? [] : [vscode.l10n.t('Budgets: {0}.', budget.spoken)]),
      ...(evidence.length > 0 ? [evidence.join('\n')] : []),
      ...groundsLines(snapshot.energy, vscode.l10n.t),
      vscode.l10n.t('Press to open the energy report.'),
    ];
    item.tooltip = new vscode.MarkdownString(lines.join('\n\n'));
    item.accessibilityInformation = {
      label: [
        vscode.l10n.t('Tierwise, per inference on {0}: {1}', target, speakQuantity(total, vscode.l10n.t)),
        ...outdated,
        ...(budget === null ? [] : [budget.spoken]),
        vscode.l10n.t('open the energy report'),
      ].join(', '),
      role: 'button',
    };
    item.show();
  };
  update();
  return vscode.Disposable.from(item, context.plans.onDidChange(update));
}
