import * as vscode from 'vscode';
import { inert } from './inert.ts';

const briefMs = 6000;

/** Says what the user's own action came to, where nothing has to be decided: in the status bar, for some seconds. */
export function sayBriefly(text: string): void {
  vscode.window.setStatusBarMessage(inert(text), briefMs);
}

/**
 * A message that comes with every run, with actions and "Do not show again", which is remembered in this workspace under `name`.
 * The action that was chosen; undefined for none, and without asking once the message is not wanted.
 */
export async function showRecurring(
  memory: vscode.Memento,
  name: string,
  text: string,
  ...actions: readonly string[]
): Promise<string | undefined> {
  const key = `quiet.${name}`;
  if (memory.get<unknown>(key) === true) {
    sayBriefly(text);
    return undefined;
  }
  const never = vscode.l10n.t('Do not show again');
  const choice = await vscode.window.showInformationMessage(text, ...actions, never);
  if (choice !== never) return choice;
  await memory.update(key, true);
  return undefined;
}
