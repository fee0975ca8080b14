import { spawn, type ChildProcess } from 'node:child_process';
import * as vscode from 'vscode';
import { solverEnv } from './solver-process.ts';
import type { SolverCommand } from './solver-process.ts';

/**
 * A terminal that is the simulated board: its lines are those of `tierwise board-sim`, Ctrl+C or closing it unplugs the board.
 * The process is ours and not a shell's, so it needs nothing of the user's profile and ends with the terminal.
 */
export class SimulatedBoardTerminal implements vscode.Pseudoterminal {
  readonly #written = new vscode.EventEmitter<string>();
  readonly onDidWrite = this.#written.event;
  readonly #closed = new vscode.EventEmitter<number>();
  readonly onDidClose = this.#closed.event;
  readonly #ended = new vscode.EventEmitter<void>();
  /** Fires once, when the process has ended for whatever reason. */
  readonly onDidEnd = this.#ended.event;
  readonly #command: SolverCommand;
  /** Where the board is, once it runs. */
  readonly port: string;
  #child: ChildProcess | undefined;
  #hasEnded = false;

  constructor(command: SolverCommand, port: string) {
    this.#command = command;
    this.port = port;
  }

  /** True from the start, before the terminal opens it, until the process has ended. */
  get isRunning(): boolean {
    return !this.#hasEnded;
  }

  open(): void {
    const { executable, script, env } = this.#command;
    const child = spawn(executable, [script, 'board-sim', '--pty', this.port], {
      env: solverEnv(process.env, env),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    this.#child = child;
    const show = (text: string): void => this.#written.fire(text.replace(/\r?\n/g, '\r\n'));
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', show);
    child.on('error', (error) => {
      show(`${error.message}\n`);
      this.#end();
    });
    child.on('exit', (code, signal) => {
      show(vscode.l10n.t('The simulated board has ended ({0}).', signal ?? String(code)) + '\n');
      // A board that failed keeps its words on the screen.
      if (code === 0 || signal !== null) this.#closed.fire(code ?? 0);
      this.#end();
    });
  }

  close(): void {
    this.#child?.kill('SIGTERM');
  }

  handleInput(data: string): void {
    if (data.includes('\u0003')) this.close();
  }

  #end(): void {
    this.#child = undefined;
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#ended.fire();
  }
}
