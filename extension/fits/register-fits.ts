import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { FitsTreeProvider } from './fits-tree.ts';

/** The tree of fits in the side bar. */
export function registerFits(context: TierwiseContext): vscode.Disposable {
  const provider = new FitsTreeProvider(context);
  const view = vscode.window.createTreeView('tierwise.fits', { treeDataProvider: provider, canSelectMany: true, showCollapseAll: true });
  return vscode.Disposable.from(provider, view);
}
