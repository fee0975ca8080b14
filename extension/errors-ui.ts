import * as vscode from 'vscode';
import type { ErrorData } from '../solver-core/protocol/index.ts';
import { isCancelled, toErrorData } from './solver-error.ts';

interface NextStep {
  readonly label: string;
  readonly command: string;
  readonly args?: readonly unknown[];
}

/**
 * Shows why something failed and offers the next step that fits its code. The only place that turns an error code
 * into a notification. A cancelled request is no error: it says nothing.
 */
export async function showError(log: vscode.LogOutputChannel, what: string, error: unknown): Promise<void> {
  if (isCancelled(error)) return;
  const data = toErrorData(error);
  log.error(`${what}: ${data.code}: ${data.message}${error instanceof Error && data.code === 'internal' ? `\n${error.stack ?? ''}` : ''}`);
  const steps = nextSteps(data.code);
  const choice = await vscode.window.showErrorMessage(errorText(what, data), ...steps.map((step) => step.label));
  const step = steps.find((candidate) => candidate.label === choice);
  if (step) await vscode.commands.executeCommand(step.command, ...(step.args ?? []));
}

/** One line for a notification: what was tried, what happened, what to try. */
export function errorText(what: string, data: ErrorData): string {
  return [`${what}: ${sentence(data.message)}`, sentence(data.advice)].filter((text) => text !== '').join(' ');
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === '' || /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** Buttons by error code, best first. The log is always one of them. */
function nextSteps(code: string): readonly NextStep[] {
  const log: NextStep = { label: vscode.l10n.t('Show log'), command: 'tierwise.showLog' };
  const restart: NextStep = { label: vscode.l10n.t('Restart solver'), command: 'tierwise.restartSolver' };
  const setting: NextStep = {
    label: vscode.l10n.t('Open setting'),
    command: 'workbench.action.openSettings',
    args: ['@id:tierwise.solver.nodePath'],
  };
  const problems: NextStep = { label: vscode.l10n.t('Show problems'), command: 'workbench.actions.view.problems' };
  const backend: NextStep = {
    label: vscode.l10n.t('Choose a backend'),
    command: 'workbench.action.openSettings',
    args: ['@id:tierwise.fit.backend'],
  };
  switch (code) {
    case 'solver-not-started':
      return [setting, log];
    case 'solver-crash-loop':
    case 'solver-timeout':
    case 'solver-protocol':
      return [restart, log];
    case 'budget-exceeded':
      return [problems, log];
    default:
      if (code.startsWith('plan-')) return [problems, log];
      if (code.startsWith('backend-') || code.startsWith('engine-')) return [backend, log];
      return [log];
  }
}
