import * as vscode from 'vscode';

/**
 * The file is what the solver reads, so unsaved text is saved first. False when the user's editor refused, which `refused` then
 * explains, e.g. "digits.tiers could not be saved, so it was not fitted."
 */
export async function savePlan(plan: vscode.Uri, refused: string): Promise<boolean> {
  const document = vscode.workspace.textDocuments.find((candidate) => candidate.uri.toString() === plan.toString());
  if (!document?.isDirty || (await document.save())) return true;
  void vscode.window.showErrorMessage(refused);
  return false;
}
