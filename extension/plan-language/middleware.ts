import * as vscode from 'vscode';
import type { Middleware } from 'vscode-languageclient/node.js';
import type { EnergyDocument, EnergyLayer, LayerPlace } from '../../solver-core/protocol/index.ts';
import type { TierwiseContext } from '../context.ts';
import { linkedCode } from '../finding-code.ts';
import { layerFigures } from '../hint-text.ts';
import { layerLookup } from '../plan-snapshot.ts';
import { inertMarkdown } from '../inert-markdown.ts';
import { energyDetail, energyWords } from './layer-words.ts';
import { moreFixes } from './more-fixes.ts';
import { renameInPython } from './rename-in-python.ts';
import { layerLocation, layerUri } from './layer-target.ts';

/**
 * What the extension adds to the answers of the language server, which knows plans and models but no energy and no source: joules in
 * completion and hover, the model's page and the Python line as definitions. Where nothing is known, the answer stays as it was.
 */
export function planMiddleware(context: TierwiseContext): Middleware {
  const energies = new WeakMap<EnergyDocument, ReadonlyMap<string, EnergyLayer>>();
  const energyOf = (plan: vscode.Uri): ReadonlyMap<string, EnergyLayer> | undefined => {
    const energy = context.plans.known(plan)?.energy;
    if (!energy) return undefined;
    const known = energies.get(energy) ?? new Map(energy.layers.map((layer) => [layer.id, layer]));
    energies.set(energy, known);
    return known;
  };
  return {
    handleDiagnostics: (uri, findings, next) => {
      for (const finding of findings) if (typeof finding.code === 'string') finding.code = linkedCode(finding.code);
      next(uri, findings);
    },
    provideCompletionItem: async (document, position, when, token, next) => {
      const answer = await next(document, position, when, token);
      const known = answer && energyOf(document.uri);
      if (known) for (const item of Array.isArray(answer) ? answer : answer.items) addEnergy(item, known);
      return answer;
    },
    provideHover: async (document, position, token, next) => {
      const [answer, place] = await Promise.all([next(document, position, token), layerAt(context, document.uri, position, token)]);
      const figures = place && figuresOf(context, document.uri, place.id);
      return figures && answer ? new vscode.Hover([...answer.contents, figures], answer.range) : answer;
    },
    provideDefinition: async (document, position, token, next) => {
      const place = await layerAt(context, document.uri, position, token);
      if (!place?.model) return next(document, position, token);
      const origin = toRange(place);
      const places = await definitionsOf(context, document.uri, vscode.Uri.file(place.model), place.id);
      return places.map(({ uri, range }) => ({
        originSelectionRange: origin,
        targetUri: uri,
        targetRange: range,
        targetSelectionRange: range,
      }));
    },
    provideReferences: async (document, position, options, token, next) => {
      const [answer, place] = await Promise.all([
        next(document, position, options, token),
        layerAt(context, document.uri, position, token),
      ]);
      const source = place?.model ? await context.python.sourceOf(vscode.Uri.file(place.model), place.id) : undefined;
      return source ? [...(answer ?? []), source] : answer;
    },
    provideRenameEdits: async (document, position, newName, token, next) => {
      const edit = await next(document, position, newName, token);
      if (edit) await renameInPython(context, document, position, newName, edit, token);
      return edit;
    },
    provideCodeActions: async (document, range, given, token, next) => {
      const answer = await next(document, range, given, token);
      const more =
        given.only && !given.only.intersects(vscode.CodeActionKind.QuickFix) ? [] : moreFixes(context, document, given.diagnostics);
      return more.length === 0 ? answer : [...(answer ?? []), ...more];
    },
    provideDocumentLinks: async (document, token, next) => {
      const answer = await next(document, token);
      // A model opens as a page, not as the bytes that it is.
      for (const link of answer ?? [])
        if (link.target?.path.toLowerCase().endsWith('.onnx')) link.target = layerUri(link.target, undefined, document.uri);
      return answer;
    },
  };
}

function addEnergy(item: vscode.CompletionItem, known: ReadonlyMap<string, EnergyLayer>): void {
  const data: unknown = 'data' in item ? item.data : undefined;
  if (typeof data !== 'object' || data === null || !('layer' in data) || typeof data.layer !== 'string') return;
  const layer = known.get(data.layer);
  const energy = energyDetail(layer, vscode.l10n.t);
  if (energy === undefined) return;
  item.detail = item.detail === undefined ? energy : `${item.detail} \u00b7 ${energy}`;
  // The detail shows for one row and is cut; this shows for every row.
  if (typeof item.label === 'object') {
    const description = [item.label.description, energyWords(layer, vscode.l10n.t)].filter((part) => part !== undefined);
    item.label = { ...item.label, description: description.join(' \u00b7 ') };
  }
}

/** The figures of a layer with band, source and reference; undefined where there are none. */
function figuresOf(context: TierwiseContext, plan: vscode.Uri, id: string): vscode.MarkdownString | undefined {
  const snapshot = context.plans.known(plan);
  if (!snapshot?.energy) return undefined;
  const tier = snapshot.energy.layers.find((layer) => layer.id === id)?.tier;
  const text = tier && layerFigures(layerLookup(snapshot)(id, tier), snapshot.energy.target, vscode.l10n.t, snapshot.energy);
  return text === undefined || text === '' ? undefined : inertMarkdown(text);
}

/** The line of Python that builds a layer, where one was found, and the model's page at the layer. */
async function definitionsOf(
  context: TierwiseContext,
  plan: vscode.Uri,
  model: vscode.Uri,
  id: string,
): Promise<readonly vscode.Location[]> {
  const source = await context.python.sourceOf(model, id);
  const page = layerLocation(context, model, id, plan);
  return source ? [source, page] : [page];
}

/** The layer named at a position; undefined where there is none or the server cannot say. */
async function layerAt(
  context: TierwiseContext,
  uri: vscode.Uri,
  { line, character }: vscode.Position,
  token: vscode.CancellationToken,
): Promise<LayerPlace | undefined> {
  try {
    const client = await context.language.start();
    const question = { uri: uri.toString(), position: { line, character } };
    return (await client.sendRequest<LayerPlace | null>('tierwise/layerAt', question, token)) ?? undefined;
  } catch {
    return undefined;
  }
}

function toRange({ range: { start, end } }: LayerPlace): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}
