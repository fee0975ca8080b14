import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { FitsTreeProvider } from './fits-tree.ts';

/** The tree of fits in the side bar, and the keys that menus depend on. Reads nothing before there is a plan. */
export function registerFits(context: TierwiseContext): vscode.Disposable {
  const provider = new FitsTreeProvider(context);
  const view = vscode.window.createTreeView('tierwise.fits', { treeDataProvider: provider, canSelectMany: true, showCollapseAll: true });
  const onPlan = context.plans.onDidChange((changed) => {
    if (changed === undefined) void keepKeys(context);
  });
  const onHistory = context.fitHistory?.onDidChange(() => void keepKeys(context));
  return vscode.Disposable.from(provider, view, onPlan, ...(onHistory ? [onHistory] : []));
}

async function keepKeys({ plans, fitHistory, log }: TierwiseContext): Promise<void> {
  try {
    const plan = plans.active;
    const history = plan && (await fitHistory?.of(plan.toString()));
    // Another plan has come to the front meanwhile and sets the keys itself.
    if (plans.active !== plan) return;
    await vscode.commands.executeCommand('setContext', 'tierwise.canUndoFit', history?.current?.kind === 'fit');
    await vscode.commands.executeCommand('setContext', 'tierwise.hasFits', (history?.entries.length ?? 0) > 0);
  } catch (error) {
    log.warn(`history of fits: ${error instanceof Error ? error.message : String(error)}`);
  }
}
