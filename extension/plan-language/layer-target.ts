import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { modelEditorType } from '../panels/model-editor.ts';
import { layerListing } from './layer-words.ts';

const scheme = 'tierwise-layer';
const viewType = 'tierwise.layerTarget';
const ending = '-layer';
const firstLine = new vscode.Range(0, 0, 0, 0);

/**
 * Where a layer is defined, as a place that VS Code can go to. A model is no text, and its editor is not the one that a place in an `.onnx`
 * file would open; so the place has a scheme of its own. Going there opens the model's page at the layer; peeking at it shows a listing.
 */
export function layerLocation(context: TierwiseContext, model: vscode.Uri, layerId: string, plan: vscode.Uri): vscode.Location {
  const uri = layerUri(model, layerId, plan);
  const line = listingOf(context, plan).lines.get(layerId);
  return new vscode.Location(uri, line === undefined ? firstLine : new vscode.Range(line, 0, line, 0));
}

/** The address of a model's page, at a layer where one is named. */
export function layerUri(model: vscode.Uri, layerId: string | undefined, plan: vscode.Uri): vscode.Uri {
  return model.with({ scheme, path: `${model.path}${ending}`, query: JSON.stringify({ layer: layerId ?? null, plan: plan.toString() }) });
}

/** Makes such places open and readable. */
export function registerLayerTargets(context: TierwiseContext): vscode.Disposable {
  const listings: vscode.TextDocumentContentProvider = {
    provideTextDocumentContent: (uri) => listingOf(context, partsOf(uri).plan).text,
  };
  const pages: vscode.CustomReadonlyEditorProvider = {
    openCustomDocument: (uri) => ({ uri, dispose: () => undefined }),
    resolveCustomEditor: (document, panel) => void redirect(context, document.uri, panel),
  };
  return vscode.Disposable.from(
    vscode.workspace.registerTextDocumentContentProvider(scheme, listings),
    vscode.window.registerCustomEditorProvider(viewType, pages),
  );
}

/**
 * Puts the model's own page into the place of this one. Only once VS Code is done with this one: going to a place ends with showing it, and
 * a page that is covered in between starts anew and forgets at which layer it was.
 */
async function redirect(context: TierwiseContext, uri: vscode.Uri, panel: vscode.WebviewPanel): Promise<void> {
  const { model, layer } = partsOf(uri);
  try {
    await tabs(() => hasTab(uri) && panel.active);
    panel.dispose();
    await tabs(() => !hasTab(uri));
    if (layer === null) await vscode.commands.executeCommand('vscode.openWith', model, modelEditorType);
    else await vscode.commands.executeCommand('tierwise.openModelAtLayer', model, layer);
  } catch (error) {
    context.log.error(`model at a layer: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Longest wait for tabs to come or go; what comes after works without them, too. */
const tabsMs = 1000;

/** Resolves when a condition on tabs holds, looking again whenever they change. */
function tabs(holds: () => boolean): Promise<void> {
  if (holds()) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      listener.dispose();
      resolve();
    };
    const timer = setTimeout(done, tabsMs);
    const listener = vscode.window.tabGroups.onDidChangeTabs(() => {
      if (holds()) done();
    });
  });
}

function hasTab(uri: vscode.Uri): boolean {
  const wanted = uri.toString();
  return vscode.window.tabGroups.all.some((group) =>
    group.tabs.some(({ input }) => input instanceof vscode.TabInputCustom && input.uri.toString() === wanted),
  );
}

interface Parts {
  readonly model: vscode.Uri;
  readonly layer: string | null;
  readonly plan: vscode.Uri | undefined;
}

/** What an address says; anybody can make one, so nothing in it is taken for granted. */
function partsOf(uri: vscode.Uri): Parts {
  const path = uri.path.endsWith(ending) ? uri.path.slice(0, -ending.length) : uri.path;
  // The host of a folder in a network stays.
  const model = uri.with({ scheme: 'file', path, query: '', fragment: '' });
  try {
    const said: unknown = JSON.parse(uri.query);
    const given = typeof said === 'object' && said !== null ? said : {};
    const layer = 'layer' in given && typeof given.layer === 'string' ? given.layer : null;
    return { model, layer, plan: 'plan' in given && typeof given.plan === 'string' ? vscode.Uri.parse(given.plan) : undefined };
  } catch {
    return { model, layer: null, plan: undefined };
  }
}

function listingOf(context: TierwiseContext, plan: vscode.Uri | undefined): ReturnType<typeof layerListing> {
  const snapshot = plan && context.plans.known(plan);
  return layerListing(snapshot?.inspect ?? null, snapshot?.energy ?? null, vscode.l10n.t);
}
