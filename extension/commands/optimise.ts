import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import type { OptimisePage } from '../panels/optimise-page.ts';
import { optimiseTrustText } from '../optimise-messages.ts';
import { explainTrust } from '../trust.ts';
import { openModel } from './models.ts';

/** Opens the page on which energy is optimised; a restricted workspace hears why not. */
export async function openOptimise(page: OptimisePage, plan: vscode.Uri): Promise<void> {
  if (!vscode.workspace.isTrusted) return explainTrust(optimiseTrustText());
  page.open(plan);
}

/** Opens the model that the newest result wrote in the model editor. */
export async function openOptimised(context: TierwiseContext, plan: vscode.Uri | undefined): Promise<void> {
  const output = writtenModel(context, plan);
  if (output) await openModel(output);
}

/** Shows the written model in the explorer, or in the file manager when it lies outside the workspace. */
export async function revealOptimised(context: TierwiseContext, plan: vscode.Uri | undefined): Promise<void> {
  const output = writtenModel(context, plan);
  if (!output) return;
  const inside = vscode.workspace.getWorkspaceFolder(output) !== undefined;
  await vscode.commands.executeCommand(inside ? 'revealInExplorer' : 'revealFileInOS', output);
}

/** The model that the newest result of a plan wrote; says so when there is none. */
export function writtenModel(context: TierwiseContext, plan: vscode.Uri | undefined): vscode.Uri | undefined {
  const written = plan && context.optimise.run(plan).written;
  if (written) return vscode.Uri.file(written.output);
  void vscode.window.showInformationMessage(vscode.l10n.t('No optimised model was written for this plan yet.'));
  return undefined;
}
