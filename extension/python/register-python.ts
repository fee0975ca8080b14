import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';

/** Everything Tierwise offers in Python source. Starts nothing: analyses begin with the first Python document that builds layers. */
export function registerPython(_context: TierwiseContext): vscode.Disposable {
  return vscode.Disposable.from();
}
