import * as vscode from 'vscode';
import { backendLabel } from '../backend-choice.ts';
import type { TierwiseContext } from '../context.ts';
import { escapeMarkdown } from '../markdown.ts';

/** Status bar item: where fits solve, and how far the running one is. Pressing it picks another backend or board. */
export function createBackendItem(context: TierwiseContext): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('tierwise.backend', vscode.StatusBarAlignment.Right, 89);
  item.name = vscode.l10n.t('Tierwise: backend');
  item.command = 'tierwise.selectBackend';
  const update = (): void => {
    const snapshot = context.plans.activeSnapshot;
    if (snapshot === undefined) return item.hide();
    const { current } = context.settings;
    const label = backendLabel(current, snapshot.check?.backend, vscode.l10n.t).replace(/\$\(/g, '$ (');
    const running = context.fits.running;
    const percent = running?.fraction === null || running === undefined ? '' : ` ${Math.floor(100 * running.fraction)} %`;
    item.text = `$(${running === undefined ? 'circuit-board' : 'sync~spin'}) ${label}${percent}`;
    const source = current.fitBackend === 'plan' ? vscode.l10n.t('as the plan says') : vscode.l10n.t('as the settings say');
    const lines = [
      vscode.l10n.t('Fits solve on **{0}**, {1}.', escapeMarkdown(label), source),
      ...(running === undefined ? [] : [escapeMarkdown(running.message)]),
      vscode.l10n.t('Press to choose a backend or a board.'),
    ];
    item.tooltip = new vscode.MarkdownString(lines.join('\n\n'));
    item.accessibilityInformation = { label: vscode.l10n.t('Tierwise, fits solve on {0}. Choose a backend', label), role: 'button' };
    item.show();
  };
  update();
  return vscode.Disposable.from(
    item,
    context.plans.onDidChange(update),
    context.settings.onDidChange(update),
    context.fits.onDidChange(update),
  );
}
