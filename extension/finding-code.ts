import * as vscode from 'vscode';

/** Serves the links of codes only, so it stands in no menu. */
const explainCommand = 'tierwise.explainFinding';

/** The code of a finding, as a link to what it means and what repairs it. */
export function linkedCode(code: string): { readonly value: string; readonly target: vscode.Uri } {
  return { value: code, target: vscode.Uri.parse(`command:${explainCommand}?${encodeURIComponent(JSON.stringify([code]))}`) };
}

/** The code of a finding, linked or not. */
export function codeOf({ code }: vscode.Diagnostic): string | number | undefined {
  return typeof code === 'object' ? code.value : code;
}
