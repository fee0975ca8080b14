import { createHash } from 'node:crypto';
import * as vscode from 'vscode';

/** SHA-256 of a plan's text as the user sees it, unsaved edits included; null when it cannot be read. Opens the plan, without showing it. */
export async function planTextHash(plan: vscode.Uri): Promise<string | null> {
  try {
    return hashOf((await vscode.workspace.openTextDocument(plan)).getText());
  } catch {
    return null;
  }
}

/** The same of a plan that is open; null when it is not. */
export function openTextHash(plan: vscode.Uri): string | null {
  const document = vscode.workspace.textDocuments.find((candidate) => candidate.uri.toString() === plan.toString());
  return document === undefined ? null : hashOf(document.getText());
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
