import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { registerLayerTargets } from './layer-target.ts';

/** What the editor adds to the language of plans: energy and source in the server's answers, and the places of layers. Loads nothing yet. */
export function registerPlanLanguage(context: TierwiseContext): vscode.Disposable {
  context.language.extendBy(async () => (await import('./middleware.ts')).planMiddleware(context));
  return vscode.Disposable.from(
    registerLayerTargets(context),
    vscode.commands.registerCommand('tierwise.choosePlanFile', async (...given: readonly unknown[]) =>
      (await import('./more-fixes.ts')).choosePlanFile(given[0], given[1], given[2]),
    ),
  );
}
