import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { isSimulated, simulatedPrefix } from '../backend-choice.ts';
import type { TierwiseContext } from '../context.ts';
import { SimulatedBoardTerminal } from '../simulated-board-terminal.ts';
import { rememberBackend } from './select-backend.ts';

const startMs = 30_000;

/**
 * Starts `tierwise board-sim` in a terminal and chooses its port. Closing the terminal unplugs the board. A pseudo-terminal
 * stands in for the USB port; tried on Linux only (docs/boards.md).
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
  for (const { terminal, board } of simulatedBoards()) {
    if (board.isRunning) {
      terminal.show(true);
      return rememberBackend({ fitBackend: 'serial', boardPort: board.port });
    }
    terminal.dispose();
  }
  const port = join(tmpdir(), `${simulatedPrefix}${randomUUID()}`);
  const nodePath = context.settings.current.solverNodePath;
  const script = vscode.Uri.joinPath(context.extensionUri, 'dist', 'cli.cjs').fsPath;
  const env: Record<string, string> = nodePath === '' ? { ELECTRON_RUN_AS_NODE: '1' } : {};
  const board = new SimulatedBoardTerminal({ executable: nodePath === '' ? process.execPath : nodePath, script, env }, port);
  let hasEnded = false;
  // A port that is gone would fail every later fit, so the end of the board gives the choice back to the plan.
  board.onDidEnd(async () => {
    hasEnded = true;
    if (context.settings.current.boardPort === port) await forgetBoard(context);
  });
  context.atEnd.add(board);
  board.onDidEnd(() => context.atEnd.delete(board));
  const terminal = vscode.window.createTerminal({
    name: vscode.l10n.t('Simulated board'),
    iconPath: new vscode.ThemeIcon('circuit-board'),
    pty: board,
  });
  terminal.show(true);
  if (await appears(port, () => hasEnded)) return rememberBackend({ fitBackend: 'serial', boardPort: port });
  void vscode.window.showErrorMessage(vscode.l10n.t('The simulated board did not start. Its terminal says why.'));
}

/** The simulated board that this window runs, once its port is there or about to be; undefined while none runs. */
export function runningBoard(): SimulatedBoardTerminal | undefined {
  return simulatedBoards().find(({ board }) => board.isRunning)?.board;
}

/** Ends the simulated board of this window as closing its terminal does. False when none runs. */
export function stopSimulatedBoard(): boolean {
  const running = simulatedBoards().filter(({ board }) => board.isRunning);
  for (const { terminal } of running) terminal.dispose();
  return running.length > 0;
}

function simulatedBoards(): readonly { readonly terminal: vscode.Terminal; readonly board: SimulatedBoardTerminal }[] {
  return vscode.window.terminals.flatMap((terminal) => {
    const pty = 'pty' in terminal.creationOptions ? terminal.creationOptions.pty : undefined;
    return pty instanceof SimulatedBoardTerminal ? [{ terminal, board: pty }] : [];
  });
}

/** The choice without a board that is gone; another backend that was chosen meanwhile stays. */
function forgetBoard({ settings }: TierwiseContext): Promise<void> {
  return rememberBackend({ boardPort: 'auto', ...(settings.current.fitBackend === 'serial' ? { fitBackend: 'plan' } : {}) });
}

/** A window that was closed took its simulated board with it, but could not take the choice back any more. */
export async function forgetLostBoard(context: TierwiseContext): Promise<void> {
  const { boardPort } = context.settings.current;
  if (isSimulated(boardPort) && !(await exists(boardPort))) await forgetBoard(context);
}

function exists(port: string): Thenable<boolean> {
  return vscode.workspace.fs.stat(vscode.Uri.file(port)).then(
    () => true,
    () => false,
  );
}

/** Whether the port is there within the time a slow machine needs to load the circuit. */
async function appears(port: string, hasEnded: () => boolean): Promise<boolean> {
  const options = { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Starting the simulated board') };
  return vscode.window.withProgress(options, async () => {
    const until = Date.now() + startMs;
    while (!(await exists(port))) {
      if (Date.now() > until || hasEnded()) return false;
      await new Promise((done) => setTimeout(done, 100));
    }
    return true;
  });
}
