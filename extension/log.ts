import * as vscode from 'vscode';
import type { LogSink } from './solver-process.ts';

/**
 * The one channel of the extension; the user sets its level in the Output view. Paths and messages go in, contents of
 * files never do.
 */
export function createLog(): vscode.LogOutputChannel {
  return vscode.window.createOutputChannel('Tierwise', { log: true });
}

/** The channel for a process that may outlive it by a moment: a line for a closed channel is dropped instead of thrown. */
export function lastingLog(log: vscode.LogOutputChannel): LogSink {
  const write = (level: keyof LogSink) => (message: string) => {
    try {
      log[level](message);
    } catch {
      // The channel is closed; nobody can read it any more.
    }
  };
  return { trace: write('trace'), info: write('info'), warn: write('warn'), error: write('error') };
}
