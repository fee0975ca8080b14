import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { toErrorData } from '../solver-error.ts';
import { baseName } from '../to-view.ts';
import { FitsTreeProvider, fitsView } from './fits-tree.ts';

/** The tree of fits in the side bar, and the keys that menus depend on. Reads nothing before there is a plan. */
export function registerFits(context: TierwiseContext): vscode.Disposable {
  const provider = new FitsTreeProvider(context);
  const view = vscode.window.createTreeView('tierwise.fits', { treeDataProvider: provider, canSelectMany: true, showCollapseAll: true });
  const onPlan = context.plans.onDidChange((changed) => {
    if (changed !== undefined) return;
    const plan = context.plans.active;
    view.description = plan ? baseName(plan.path) : '';
    void keepKeys(context);
  });
  const onHistory = context.fitHistory?.onDidChange(() => void keepKeys(context));
  const onRename = vscode.workspace.onDidRenameFiles(({ files }) => void follow(context, files));
  return vscode.Disposable.from(provider, view, onPlan, onRename, showProgress(context), ...(onHistory ? [onHistory] : []));
}

/** Takes fits along with plans that get another name or place. What is moved outside of the editor is not seen. */
async function follow({ fitHistory, log }: TierwiseContext, files: vscode.FileRenameEvent['files']): Promise<void> {
  for (const { oldUri, newUri } of files) {
    await fitHistory?.rename(oldUri.toString(), newUri.toString()).catch((error: unknown) => log.warn(historyText(error)));
  }
}

const historyText = (error: unknown): string => `history of fits: ${toErrorData(error).message}`;

/** A bar over the view while a fit runs; how far it is stands in its notification and in the status bar. */
function showProgress({ fits }: TierwiseContext): vscode.Disposable {
  let isShown = false;
  return fits.onDidChange(() => {
    if (isShown || !fits.running) return;
    isShown = true;
    const ended = new Promise<void>((resolve) => {
      const subscription = fits.onDidChange(() => {
        if (fits.running) return;
        subscription.dispose();
        isShown = false;
        resolve();
      });
    });
    void vscode.window.withProgress({ location: { viewId: fitsView } }, () => ended);
  });
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
    log.warn(historyText(error));
  }
}
