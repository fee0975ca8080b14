import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { AnnotationActions } from './annotation-actions.ts';
import { AnnotationCompletion } from './annotation-completion.ts';
import { AnnotationDiagnostics } from './annotation-diagnostics.ts';
import { AnnotationHover } from './annotation-hover.ts';
import { AnnotationLensProvider } from './annotation-lens.ts';
import { LayerHintsProvider } from './layer-hints-provider.ts';
import { pythonSelector } from './python-text.ts';

/**
 * Everything Tierwise offers in Python source. Starts nothing: analyses begin with the first Python document on screen that builds layers.
 * It only looks, so it works in restricted workspaces, too.
 */
export function registerPython(context: TierwiseContext): vscode.Disposable {
  const findings = new AnnotationDiagnostics(context);
  const hints = new LayerHintsProvider(context);
  const lenses = new AnnotationLensProvider(context);
  const { languages } = vscode;
  return vscode.Disposable.from(
    findings,
    hints,
    lenses,
    languages.registerInlayHintsProvider(pythonSelector, hints),
    languages.registerCodeLensProvider(pythonSelector, lenses),
    languages.registerHoverProvider(pythonSelector, new AnnotationHover(context)),
    languages.registerCodeActionsProvider(pythonSelector, new AnnotationActions(context, findings), AnnotationActions.metadata),
    languages.registerCompletionItemProvider(pythonSelector, new AnnotationCompletion(context), ...AnnotationCompletion.triggers),
    keepContextKey(context),
  );
}

/** A key for menus: whether the Python document in front builds layers. */
function keepContextKey(context: TierwiseContext): vscode.Disposable {
  let said = false;
  const update = (): void => {
    const document = vscode.window.activeTextEditor?.document;
    const builds = document !== undefined && (context.pythonAnalysis.latest(document)?.layers.length ?? 0) > 0;
    if (builds === said) return;
    said = builds;
    void vscode.commands.executeCommand('setContext', 'tierwise.pythonLayers', builds);
  };
  return vscode.Disposable.from(context.pythonAnalysis.onDidChange(update), vscode.window.onDidChangeActiveTextEditor(update));
}
