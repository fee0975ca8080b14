import * as vscode from 'vscode';
import { portSetting, withChosenPort } from '../backend-choice.ts';
import { rememberBackend } from '../commands/select-backend.ts';
import { runningBoard, startSimulatedBoard, stopSimulatedBoard } from '../commands/simulated-board.ts';
import type { TierwiseContext } from '../context.ts';
import { inert } from '../inert.ts';
import { explainTrust } from '../trust.ts';
import type { BoardNode } from './board-nodes.ts';
import { probeOf, type Device } from './board-state.ts';
import { boardsView, type BoardsTree } from './boards-tree.ts';

const simulated = (): Device => ({ kind: 'simulated', port: runningBoard()?.port ?? null });

/** What can be done with a row of the Boards view. */
export type BoardAction = 'use' | 'identify' | 'measure' | 'cancel' | 'copy-path';

/** Does something with the board of a row. Called without one, e.g. by a key, it shows the view; a restricted workspace hears why not. */
export async function onBoard(context: TierwiseContext, tree: BoardsTree, action: BoardAction, node: unknown): Promise<void> {
  const device = deviceOf(node);
  if (device === undefined) return void (await vscode.commands.executeCommand(`${boardsView}.focus`));
  if (action === 'copy-path') return copyPath(tree, device);
  if (!vscode.workspace.isTrusted) return explainTrust(trustText());
  const { model } = tree;
  switch (action) {
    case 'use':
      return use(context, tree, device);
    case 'identify':
      return tree.during(() => model.identify(device));
    case 'measure':
      return tree.during(() => model.power(device));
    case 'cancel':
      return model.cancel(device);
  }
}

/** Lists ports and cards again. */
export async function refreshBoards(tree: BoardsTree): Promise<void> {
  await tree.during(() => tree.model.refresh());
}

/** Starts the simulated board in a terminal and chooses it; the view shows it as starting meanwhile. */
export async function startBoard(context: TierwiseContext, tree: BoardsTree): Promise<void> {
  if (!vscode.workspace.isTrusted) return explainTrust(trustText());
  tree.model.forget(simulated());
  await tree.during(() => tree.model.during(simulated(), 'start', () => startSimulatedBoard(context)));
}

/** Ends the simulated board of this window. */
export function stopBoard({ model }: BoardsTree): void {
  model.cancel(simulated());
  if (!stopSimulatedBoard()) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No simulated board runs in this window.'));
    return;
  }
  model.forget(simulated());
}

/** Sets where fits solve: the same stored choice as the command "Choose Backend or Board". */
async function use(context: TierwiseContext, { model }: BoardsTree, device: Device): Promise<void> {
  switch (device.kind) {
    case 'plan':
      return rememberBackend({ fitBackend: 'plan' });
    case 'engine':
      return rememberBackend({ fitBackend: 'sim' });
    case 'machine':
      return rememberBackend({ fitBackend: 'cpu' });
    case 'any-board':
      return rememberBackend({ fitBackend: 'serial', boardPort: 'auto' });
    case 'card':
      return rememberBackend({ fitBackend: 'xrt', boardXrtDevice: device.index });
    case 'simulated':
      return device.port === null ? undefined : rememberBackend({ fitBackend: 'serial', boardPort: device.port });
    case 'serial': {
      const all = withChosenPort(context.settings.current, model.state.listed?.serial ?? []);
      const port = all.find(({ path }) => path === device.path);
      return rememberBackend({ fitBackend: 'serial', boardPort: port ? portSetting(port, all) : device.path });
    }
  }
}

async function copyPath(tree: BoardsTree, device: Device): Promise<void> {
  const path = pathOf(tree, device);
  if (path === undefined) return;
  await vscode.env.clipboard.writeText(path);
  vscode.window.setStatusBarMessage(vscode.l10n.t('Copied {0}.', inert(path)), 4000);
}

function pathOf({ model }: BoardsTree, device: Device): string | undefined {
  if (device.kind === 'card') return model.state.listed?.xrt.find(({ index }) => index === device.index)?.bdf ?? undefined;
  return probeOf(device);
}

function deviceOf(node: unknown): Device | undefined {
  return typeof node === 'object' && node !== null && 'device' in node && 'can' in node ? (node as BoardNode).device : undefined;
}

const trustText = (): string =>
  vscode.l10n.t('Boards are listed only, not opened or chosen, in a restricted workspace, because its files could name any port.');
