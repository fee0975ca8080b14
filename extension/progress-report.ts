import type * as vscode from 'vscode';
import type { ProgressEvent } from '../solver-core/protocol/index.ts';

type Progress = vscode.Progress<{ readonly message?: string; readonly increment?: number }>;

/** Tells a notification what the solver tells: its bar wants steps of percent and never goes back. `told` may add to the message. */
export function reportTo(
  progress: Progress,
  told: (event: ProgressEvent) => string = ({ message }) => message,
): (event: ProgressEvent) => void {
  let shown = 0;
  return (event) => {
    const percent = event.fraction === null ? shown : Math.max(shown, event.fraction * 100);
    progress.report({ message: told(event), increment: percent - shown });
    shown = percent;
  };
}
