import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import type { PythonDocument } from '../../solver-core/protocol/index.ts';
import type { SolverClient } from '../server-client.ts';
import { folderOf, steps } from './model-order.ts';
import { isPython, textOf, toRange } from './python-text.ts';
import { readSource, sourceStamp } from './read-source.ts';
import { mayBuildLayers } from './relevance.ts';
import { ofLastCell } from './text-places.ts';

const maxFiles = 300;
const maxSearchMs = 10_000;
const maxRemembered = 1000;
const maxModels = 8;
const excluded = '**/{node_modules,site-packages,__pycache__,.venv,venv,.tox,.git,.ipynb_checkpoints}/**';

/** Where one layer of a model is built in Python source. */
export interface LayerSource {
  readonly layerId: string;
  readonly location: vscode.Location;
}

/** What a search looked at, for people. */
export interface SearchedSources {
  readonly files: number;
  /** Of these, the ones that speak of torch or keras and were analysed. */
  readonly analysed: number;
  /** True when there were more files, or no time for all. */
  readonly isPartial: boolean;
}

interface Search {
  readonly stamp: string;
  readonly done: Promise<{ readonly layers: readonly LayerSource[]; readonly searched: SearchedSources }>;
}

/** A Python text that may build layers, and what tells its present state from others. */
interface Source {
  readonly key: string;
  readonly uri: vscode.Uri;
  readonly path: string;
  readonly stamp: string;
  readonly text: () => Promise<string | undefined>;
  readonly linesBefore: number;
}

/**
 * Finds where Python source of the workspace builds a layer of a model: files of the workspace and cells of open notebooks, nearest first,
 * bounded in number, size and time. Nothing happens before somebody asks; answers are kept until a file or the model changes.
 */
export class PythonSources implements vscode.Disposable {
  readonly #solver: Pick<SolverClient, 'request'>;
  readonly #log: vscode.LogOutputChannel;
  /** Searches by model. */
  readonly #searches = new Map<string, Search>();
  /** Layers by text and model; texts that build none by themselves. */
  readonly #known = new Map<string, readonly LayerSource[]>();
  #subscriptions: readonly vscode.Disposable[] = [];
  #disposed = false;

  constructor(solver: Pick<SolverClient, 'request'>, log: vscode.LogOutputChannel) {
    this.#solver = solver;
    this.#log = log;
  }

  /** The nearest place that builds the layer; undefined: nowhere that was searched. Never rejects. */
  async sourceOf(model: vscode.Uri, layerId: string): Promise<vscode.Location | undefined> {
    return (await this.sourcesOf(model, layerId))[0];
  }

  /** Every place that builds the layer, nearest to the model first. Never rejects. */
  async sourcesOf(model: vscode.Uri, layerId: string): Promise<readonly vscode.Location[]> {
    const { layers } = await this.layersOf(model);
    return layers.filter((layer) => layer.layerId === layerId).map((layer) => layer.location);
  }

  /** Every layer of the model that Python source builds, and what was searched. Never rejects. */
  async layersOf(model: vscode.Uri): Promise<{ readonly layers: readonly LayerSource[]; readonly searched: SearchedSources }> {
    const nothing = { layers: [], searched: { files: 0, analysed: 0, isPartial: false } };
    if (this.#disposed || model.scheme !== 'file') return nothing;
    const stamp = await modelStamp(model);
    if (stamp === undefined) return nothing;
    this.#watch();
    const key = model.toString();
    const known = this.#searches.get(key);
    if (known?.stamp === stamp) return known.done;
    const search: Search = {
      stamp,
      done: this.#search(model, stamp).catch((error: unknown) => {
        this.#log.warn(`layers in Python source: ${error instanceof Error ? error.message : String(error)}`);
        if (this.#searches.get(key) === search) this.#searches.delete(key);
        return nothing;
      }),
    };
    if (this.#searches.size >= maxModels) this.#searches.clear();
    this.#searches.set(key, search);
    return search.done;
  }

  dispose(): void {
    this.#disposed = true;
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #search(model: vscode.Uri, modelState: string): ReturnType<PythonSources['layersOf']> {
    const found = await vscode.workspace.findFiles('**/*.py', excluded, maxFiles);
    const sources = await allSources(found, folderOf(model.path));
    const endMs = Date.now() + maxSearchMs;
    const layers: LayerSource[] = [];
    let [files, analysed] = [0, 0];
    for (const source of sources) {
      if (this.#disposed || Date.now() > endMs) break;
      files++;
      const answer = await this.#layersIn(source, model, modelState);
      if (answer === undefined) continue;
      analysed++;
      layers.push(...answer);
    }
    return { layers, searched: { files, analysed, isPartial: found.length >= maxFiles || files < sources.length } };
  }

  /** Layers of the model in one text; undefined when it builds none at all. */
  async #layersIn(source: Source, model: vscode.Uri, modelState: string): Promise<readonly LayerSource[] | undefined> {
    const own = `${source.key} ${source.stamp}`;
    const withModel = `${own} ${model.toString()} ${modelState}`;
    const known = this.#known.get(withModel);
    if (known) return known;
    if (this.#known.has(own)) return undefined;
    const text = await source.text();
    if (text === undefined || !mayBuildLayers(text)) {
      this.#remember(own, []);
      return undefined;
    }
    const document = await this.#solver.request('tierwise/python', { path: source.path, text, models: [model.fsPath] });
    const layers = placesIn(ofLastCell(document, source.linesBefore), source.uri);
    this.#remember(withModel, layers);
    return layers;
  }

  #remember(key: string, layers: readonly LayerSource[]): void {
    if (this.#known.size >= maxRemembered) this.#known.clear();
    this.#known.set(key, layers);
  }

  /** From the first question on: what changes makes the next question look again. */
  #watch(): void {
    if (this.#subscriptions.length > 0) return;
    const forget = (): void => this.#searches.clear();
    const forgetWithPython = (document: vscode.TextDocument): void => {
      if (isPython(document)) forget();
    };
    const watcher = vscode.workspace.createFileSystemWatcher('**/*.py');
    this.#subscriptions = [
      watcher,
      watcher.onDidChange(forget),
      watcher.onDidCreate(forget),
      watcher.onDidDelete(forget),
      vscode.workspace.onDidChangeTextDocument((event) => forgetWithPython(event.document)),
      vscode.workspace.onDidOpenTextDocument(forgetWithPython),
      vscode.workspace.onDidCloseTextDocument(forgetWithPython),
    ];
  }
}

/** Texts to look at: open documents as they are edited, files as they lie on disk; nearest to the model's folder first. */
async function allSources(found: readonly vscode.Uri[], folder: string): Promise<readonly Source[]> {
  const open = vscode.workspace.textDocuments.filter(isPython);
  const isOpen = new Set(open.map((document) => document.uri.toString()));
  const documents = open.map((document): Source => {
    const { text, linesBefore } = textOf(document);
    // Cells depend on those before them, so that their text itself tells one state from another.
    const stamp =
      document.uri.scheme === 'vscode-notebook-cell' ? createHash('sha256').update(text).digest('hex') : `version ${document.version}`;
    return { key: document.uri.toString(), uri: document.uri, path: document.uri.fsPath, stamp, text: async () => text, linesBefore };
  });
  const closed = await Promise.all(
    found
      .filter((uri) => uri.scheme === 'file' && !isOpen.has(uri.toString()))
      .map(async (uri): Promise<Source | undefined> => {
        const stamp = await sourceStamp(uri);
        return stamp === undefined
          ? undefined
          : { key: uri.toString(), uri, path: uri.fsPath, stamp, text: () => readSource(uri), linesBefore: 0 };
      }),
  );
  const all = [...documents, ...closed.filter((source) => source !== undefined)];
  const distance = new Map(all.map((source) => [source, steps(folder, folderOf(source.uri.path))]));
  return all.sort((a, b) => (distance.get(a) ?? 0) - (distance.get(b) ?? 0) || a.uri.path.localeCompare(b.uri.path));
}

function placesIn(document: PythonDocument, uri: vscode.Uri): readonly LayerSource[] {
  return document.layers.flatMap((layer) =>
    layer.layerId === null ? [] : [{ layerId: layer.layerId, location: new vscode.Location(uri, toRange(layer.range)) }],
  );
}

async function modelStamp(model: vscode.Uri): Promise<string | undefined> {
  return vscode.workspace.fs.stat(model).then(
    (stat) => `${stat.mtime}-${stat.size}`,
    () => undefined,
  );
}
