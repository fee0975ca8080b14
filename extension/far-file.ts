import * as vscode from 'vscode';
import { farText } from './far-text.ts';

/** Whether a file is not on a local disk; says so then. Its path must never be taken for one of the local disk. */
export function refuseFar(uri: vscode.Uri): boolean {
  const text = farText(uri, vscode.l10n.t);
  if (text !== undefined) void vscode.window.showWarningMessage(text);
  return text !== undefined;
}
