import * as vscode from 'vscode';
import { backendLabel } from '../backend-choice.ts';
import type { TierwiseContext } from '../context.ts';
import type { SolverState } from '../server-client.ts';

/** In the language status of a plan: where a fit solves, and whether the solver process is well. */
export function createLanguageStatus(context: TierwiseContext, onSolverState: vscode.Event<SolverState>): vscode.Disposable {
  const item = vscode.languages.createLanguageStatusItem('tierwise.solver', { language: 'tiers' });
  item.name = vscode.l10n.t('Tierwise solver');
  const log = { command: 'tierwise.showLog', title: vscode.l10n.t('Show log') };
  const restart = { command: 'tierwise.restartSolver', title: vscode.l10n.t('Restart solver') };
  let health: SolverState = 'stopped';
  const update = (state: SolverState): void => {
    health = state;
    const { current } = context.settings;
    const label = backendLabel(current, context.plans.activeSnapshot?.check?.backend, vscode.l10n.t);
    item.text = current.fitBackend === 'plan' ? vscode.l10n.t('Fits on {0} (plan)', label) : vscode.l10n.t('Fits on {0} (setting)', label);
    // What is broken offers the way to mend it first.
    item.command = state === 'crashed' ? restart : log;
    item.severity = state === 'crashed' ? vscode.LanguageStatusSeverity.Warning : vscode.LanguageStatusSeverity.Information;
    const details: Readonly<Record<SolverState, string>> = {
      running: vscode.l10n.t('Solver running'),
      stopped: vscode.l10n.t('Solver starts when needed'),
      crashed: vscode.l10n.t('Solver ended unexpectedly; it starts again when needed'),
    };
    item.detail = details[state];
    item.accessibilityInformation = { label: `${item.name}: ${item.text}. ${item.detail}` };
  };
  update('stopped');
  return vscode.Disposable.from(
    item,
    onSolverState(update),
    context.settings.onDidChange(() => update(health)),
    context.plans.onDidChange(() => update(health)),
  );
}
