import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { isInside, nameOnLine } from './annotation-name.ts';

/** Layers of a tier whose source lines are looked at. */
const maxLayers = 200;

/**
 * Adds to the renaming of a tier the `name=` of annotations in Python: on the line that builds a layer of the tier, or on the line above it.
 * Leaves everything else alone, and everything where no source is found.
 */
export async function renameInPython(
  context: TierwiseContext,
  document: vscode.TextDocument,
  position: vscode.Position,
  newName: string,
  edit: vscode.WorkspaceEdit,
  token: vscode.CancellationToken,
): Promise<void> {
  const model = context.plans.known(document.uri)?.energy?.model;
  const outline = model === undefined ? undefined : await context.language.outline(document.uri, token);
  const tier = outline?.tiers.find(({ headerRange }) => isInside(position, headerRange));
  if (model === undefined || tier === undefined) return;
  const own = new Set(tier.layers.slice(0, maxLayers).map(({ id }) => id));
  const { layers } = await context.python.layersOf(vscode.Uri.file(model));
  const done = new Set<string>();
  for (const { layerId, location } of layers) {
    if (!own.has(layerId) || token.isCancellationRequested) continue;
    const source = await vscode.workspace.openTextDocument(location.uri);
    for (const line of [location.range.start.line, location.range.start.line - 1]) {
      const key = `${location.uri.toString()}#${line}`;
      if (line < 0 || line >= source.lineCount || done.has(key)) continue;
      done.add(key);
      const span = nameOnLine(source.lineAt(line).text, tier.name);
      if (span) edit.replace(location.uri, new vscode.Range(line, span.start, line, span.end), newName);
    }
  }
}
