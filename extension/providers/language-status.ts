import * as vscode from 'vscode';
import { backendParam } from '../backend-choice.ts';
import type { TierwiseContext } from '../context.ts';
import type { SolverState } from '../server-client.ts';

/** In the language status of a plan: where a fit solves, and whether the solver process is well. */
export function createLanguageStatus(context: TierwiseContext, onSolverState: vscode.Event<SolverState>): vscode.Disposable {
  const item = vscode.languages.createLanguageStatusItem('tierwise.solver', { language: 'tiers' });
  item.name = vscode.l10n.t('Tierwise solver');
  item.command = { command: 'tierwise.showLog', title: vscode.l10n.t('Show log') };
  const update = (state: SolverState): void => {
    const backend = backendParam(context.settings.current);
    item.text = backend === undefined ? vscode.l10n.t('Fits on the backend of the plan') : vscode.l10n.t('Fits on {0}', backend);
    item.severity = state === 'crashed' ? vscode.LanguageStatusSeverity.Warning : vscode.LanguageStatusSeverity.Information;
    const details: Readonly<Record<SolverState, string>> = {
      running: vscode.l10n.t('Solver running'),
      stopped: vscode.l10n.t('Solver starts when needed'),
      crashed: vscode.l10n.t('Solver ended unexpectedly; it starts again when needed'),
    };
    item.detail = details[state];
  };
  update('stopped');
  return vscode.Disposable.from(
    item,
    onSolverState(update),
    context.settings.onDidChange(() => update(context.solver.pid === undefined ? 'stopped' : 'running')),
  );
}
