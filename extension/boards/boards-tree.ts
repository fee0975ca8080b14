import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { runningBoard } from '../commands/simulated-board.ts';
import { inert } from '../inert.ts';
import { boardNodes, type BoardNode } from './board-nodes.ts';
import { BoardsModel } from './boards-model.ts';

export const boardsView = 'tierwise.boards';

/** The boards of this machine as a tree: listed while somebody looks, asked only on request. */
export class BoardsTree implements vscode.TreeDataProvider<BoardNode>, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #view: vscode.TreeView<BoardNode>;
  readonly #subscriptions: readonly vscode.Disposable[];
  readonly model: BoardsModel;

  constructor(context: TierwiseContext) {
    this.#context = context;
    const { solver } = context;
    const fire = (): void => this.#changed.fire();
    this.model = new BoardsModel(
      {
        boards: (probe, token) => solver.request('tierwise/boards', probe === undefined ? {} : { probe }, { token }),
        sensors: (backend, token) => solver.request('tierwise/sensors', backend === undefined ? {} : { backend }, { token }),
        newCancel: () => new vscode.CancellationTokenSource(),
        every: (ms, task) => {
          const timer = setInterval(task, ms);
          return { dispose: () => clearInterval(timer) };
        },
        mayList: () => context.fits.running === undefined && vscode.window.state.focused,
      },
      fire,
    );
    this.#view = vscode.window.createTreeView('tierwise.boards', { treeDataProvider: this, showCollapseAll: false });
    this.#subscriptions = [
      this.#changed,
      this.#view,
      this.#view.onDidChangeVisibility(({ visible }) => this.#look(visible)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.#look(this.#view.visible)),
      vscode.window.onDidCloseTerminal(fire),
      context.settings.onDidChange(fire),
      context.plans.onDidChange(fire),
    ];
    this.#look(this.#view.visible);
  }

  getChildren(node?: BoardNode): BoardNode[] {
    if (node) return [...node.children];
    if (isVirtual()) return [];
    const { settings, plans } = this.#context;
    return [
      ...boardNodes(this.model.state, {
        settings: settings.current,
        planned: plans.activeSnapshot?.check?.backend,
        simulatedPort: runningBoard()?.port ?? null,
        canSimulate: process.platform !== 'win32',
        t: vscode.l10n.t,
      }),
    ];
  }

  getTreeItem(node: BoardNode): vscode.TreeItem {
    const state = node.isOpen ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed;
    // Names and makers of devices are theirs to choose.
    const item = new vscode.TreeItem(inert(node.label), node.children.length === 0 ? vscode.TreeItemCollapsibleState.None : state);
    // A row that gets its first children is to unfold, so it is another row for the tree.
    item.id = node.children.length === 0 ? node.id : `${node.id}+`;
    item.description = inert(node.description);
    if (node.icon !== '') item.iconPath = new vscode.ThemeIcon(node.icon);
    if (node.tooltip !== undefined) item.tooltip = node.tooltip;
    item.contextValue = node.can;
    item.accessibilityInformation = { label: node.spoken };
    return item;
  }

  /** Shows the bar of the view while `work` runs. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    return vscode.window.withProgress({ location: { viewId: boardsView } }, work);
  }

  dispose(): void {
    this.model.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #look(isVisible: boolean): void {
    this.model.setVisible(isVisible && !isVirtual());
  }
}

/** Whether no folder of the workspace is on a disk, where fits could read and write. */
export function isVirtual(): boolean {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.length > 0 && folders.every(({ uri }) => uri.scheme !== 'file');
}
