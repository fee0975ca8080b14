import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { registerLayerTargets } from './layer-target.ts';
import { planMiddleware } from './middleware.ts';
import { choosePlanFile } from './more-fixes.ts';

/** What the editor adds to the language of plans: energy and source in the server's answers, and the places of layers. Loads nothing yet. */
export function registerPlanLanguage(context: TierwiseContext): vscode.Disposable {
  context.language.extendBy(() => planMiddleware(context));
  return vscode.Disposable.from(
    registerLayerTargets(context),
    vscode.commands.registerCommand('tierwise.choosePlanFile', (...given: readonly unknown[]) =>
      choosePlanFile(given[0], given[1], given[2]),
    ),
  );
}
