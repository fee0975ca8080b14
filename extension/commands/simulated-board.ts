import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { rememberBackend } from './select-backend.ts';

const terminalName = 'Tierwise simulated board';
const startMs = 30_000;

/**
 * Starts `tierwise board-sim` in a terminal and chooses its port. Closing the terminal unplugs the board. Linux and macOS: a
 * pseudo-terminal stands in for the USB port.
 */
export async function startSimulatedBoard(context: TierwiseContext): Promise<void> {
  if (process.platform === 'win32') {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        'The simulated board needs a pseudo-terminal, which Windows does not have. Use the simulated engine instead, or a remote Linux folder.',
      ),
    );
    return;
  }
  const running = vscode.window.terminals.find(({ name, exitStatus }) => name === terminalName && exitStatus === undefined);
  if (running !== undefined) {
    running.show(true);
    return;
  }
  const port = join(tmpdir(), `tierwise-board-${randomUUID()}`);
  const nodePath = context.settings.current.solverNodePath;
  const script = vscode.Uri.joinPath(context.extensionUri, 'dist', 'cli.cjs').fsPath;
  const terminal = vscode.window.createTerminal({
    name: terminalName,
    iconPath: new vscode.ThemeIcon('circuit-board'),
    shellPath: nodePath === '' ? process.execPath : nodePath,
    shellArgs: [script, 'board-sim', '--pty', port],
    env: nodePath === '' ? { ELECTRON_RUN_AS_NODE: '1' } : {},
    isTransient: true,
  });
  terminal.show(true);
  backToPlanWhenClosed(terminal, port);
  if (await appears(port, terminal)) return rememberBackend({ fitBackend: 'serial', boardPort: port });
  void vscode.window.showErrorMessage(vscode.l10n.t('The simulated board did not start. Its terminal says why.'));
}

/** Whether the port is there within the time a slow machine needs to load the circuit. */
async function appears(port: string, terminal: vscode.Terminal): Promise<boolean> {
  const options = { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Starting the simulated board') };
  return vscode.window.withProgress(options, async () => {
    const until = Date.now() + startMs;
    const isThere = (): Promise<boolean> =>
      Promise.resolve(vscode.workspace.fs.stat(vscode.Uri.file(port))).then(
        () => true,
        () => false,
      );
    while (!(await isThere())) {
      if (Date.now() > until || terminal.exitStatus !== undefined) return false;
      await new Promise((done) => setTimeout(done, 100));
    }
    return true;
  });
}

/** A port that is gone would fail every later fit, so closing the board gives the choice back to the plan. */
function backToPlanWhenClosed(terminal: vscode.Terminal, port: string): void {
  const closed = vscode.window.onDidCloseTerminal(async (gone) => {
    if (gone !== terminal) return;
    closed.dispose();
    const configuration = vscode.workspace.getConfiguration('tierwise');
    if (configuration.get('board.port') === port) await rememberBackend({ fitBackend: 'plan', boardPort: 'auto' });
  });
}
