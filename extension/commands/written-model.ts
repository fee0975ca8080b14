import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { compareFiles } from './compare.ts';
import { openModel } from './models.ts';

/** What a search knows of its plans: the model it wrote, and the one it was made from. */
interface Written {
  run(plan: vscode.Uri): {
    readonly written: { readonly output: string } | null;
    readonly result: { readonly document: { readonly model: string } } | null;
  };
  deleteWritten(plan: vscode.Uri): Promise<void>;
}

/** What can be done with the model that a search wrote for the plan its page shows. */
export function writtenModelCommands(runner: Written, plan: vscode.Uri | undefined): Readonly<Record<WrittenAction, () => Promise<void>>> {
  const output = writtenModel(runner, plan);
  return {
    open: async () => (output ? openModel(output) : tellNone()),
    reveal: async () => {
      if (!output) return tellNone();
      const inside = vscode.workspace.getWorkspaceFolder(output) !== undefined;
      await vscode.commands.executeCommand(inside ? 'revealInExplorer' : 'revealFileInOS', output);
    },
    delete: async () => (plan ? runner.deleteWritten(plan) : tellNone()),
  };
}

export type WrittenAction = 'open' | 'reveal' | 'delete';

/** The model that a search was made from against the one that it wrote. */
export async function compareWritten(context: TierwiseContext, runner: Written, plan: vscode.Uri | undefined): Promise<void> {
  const output = writtenModel(runner, plan);
  const model = plan && runner.run(plan).result?.document.model;
  if (output && model !== undefined) await compareFiles(context, vscode.Uri.file(model), output);
  else tellNone();
}

function writtenModel(runner: Written, plan: vscode.Uri | undefined): vscode.Uri | undefined {
  const written = plan && runner.run(plan).written;
  return written ? vscode.Uri.file(written.output) : undefined;
}

function tellNone(): void {
  void vscode.window.showInformationMessage(vscode.l10n.t('No model was written for this plan yet.'));
}
