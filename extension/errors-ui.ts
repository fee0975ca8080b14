import * as vscode from 'vscode';
import { errorText, nextSteps } from './next-steps.ts';
import { isCancelled, toErrorData } from './solver-error.ts';

/**
 * Shows why something failed and offers the next step that fits its code. The only place that turns an error code
 * into a notification. A cancelled request is no error: it says nothing.
 */
export async function showError(log: vscode.LogOutputChannel, what: string, error: unknown): Promise<void> {
  if (isCancelled(error)) return;
  const data = toErrorData(error);
  log.error(`${what}: ${data.code}: ${data.message}${error instanceof Error && data.code === 'internal' ? `\n${error.stack ?? ''}` : ''}`);
  const steps = nextSteps(data.code, vscode.l10n.t);
  const choice = await vscode.window.showErrorMessage(errorText(what, data), ...steps.map((step) => step.label));
  const step = steps.find((candidate) => candidate.label === choice);
  if (step) await vscode.commands.executeCommand(step.command, ...(step.args ?? []));
}
