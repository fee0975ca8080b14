import * as vscode from 'vscode';
import { emptySnapshot, type PlanSnapshot } from './plan-snapshot.ts';
import { openTextHash } from './plan-text-hash.ts';
import { RefreshQueue } from './refresh-queue.ts';
import type { SettingsService } from './settings.ts';
import { withSimulation, type Simulation } from './simulation.ts';
import { SnapshotLoader, type SnapshotQuestion, type SolverRequester } from './snapshot-loader.ts';

const editDelayMs = 350;
const fileDelayMs = 500;
const maxPlansSearched = 50;

interface Entry {
  readonly uri: vscode.Uri;
  readonly queue: RefreshQueue;
  snapshot: PlanSnapshot;
  /** What was simulated of the plan before. */
  simulation: Simulation | undefined;
  /** Counts changes of the model and data files that a simulation rests on. */
  inputs: number;
}

/**
 * What is known about each open plan, and which one the views show: the plan edited last, else the first of the workspace.
 * Asks the solver again, a moment after an edit, with the unsaved text.
 */
export class PlanStore implements vscode.Disposable {
  readonly #loader: SnapshotLoader;
  readonly #settings: SettingsService;
  readonly #changed = new vscode.EventEmitter<vscode.Uri | undefined>();
  readonly #entries = new Map<string, Entry>();
  readonly #subscriptions: readonly vscode.Disposable[];
  /** Fires with the plan whose snapshot changed, or undefined when another plan (or none) became the active one. */
  readonly onDidChange = this.#changed.event;
  #active: Entry | undefined;
  #disposed = false;

  constructor(solver: SolverRequester, settings: SettingsService) {
    this.#loader = new SnapshotLoader(solver);
    this.#settings = settings;
    this.#subscriptions = [this.#changed, settings.onDidChange(() => this.refreshAll()), ...this.#watchFiles(), ...this.#watchEditors()];
  }

  /** The plan that the views show. */
  get active(): vscode.Uri | undefined {
    return this.#active?.uri;
  }

  /** What is known about the active plan. */
  get activeSnapshot(): PlanSnapshot | undefined {
    return this.#active?.snapshot;
  }

  /** What is known about a plan; the first question about a plan starts finding out. */
  snapshot(uri: vscode.Uri): PlanSnapshot {
    return this.#entry(uri).snapshot;
  }

  /** What is known about a plan without asking for it. */
  known(uri: vscode.Uri): PlanSnapshot | undefined {
    return this.#entries.get(uri.toString())?.snapshot;
  }

  /** Chooses the first plan: the visible one, else the first of the workspace. */
  async start(): Promise<void> {
    const visible = vscode.window.visibleTextEditors.find((editor) => isPlan(editor.document));
    if (visible) return this.activate(visible.document.uri);
    const found = await vscode.workspace.findFiles('**/*.tiers', '**/node_modules/**', maxPlansSearched);
    const plans = found.filter((uri) => uri.scheme === 'file');
    const first = plans.sort((a, b) => a.path.length - b.path.length || a.path.localeCompare(b.path))[0];
    if (first && !this.#active && !this.#disposed) this.activate(first);
  }

  /** Makes a plan the one that the views show. */
  activate(uri: vscode.Uri): void {
    // The solver reads files; a path of another file system may be that of somebody else's file here.
    if (uri.scheme !== 'file') return;
    const entry = this.#entry(uri);
    if (this.#active === entry) return;
    this.#active = entry;
    this.#changed.fire(undefined);
  }

  /** What the views ask about a plan: with its unsaved text, and the target of the settings. */
  question(uri: vscode.Uri): SnapshotQuestion {
    const document = openDocument(uri);
    const target = this.#settings.current.energyTarget;
    return {
      path: uri.fsPath,
      text: document?.isDirty ? document.getText() : undefined,
      target: target === '' ? undefined : target,
    };
  }

  /** Asks the solver again and resolves when the answer is in. */
  refresh(uri: vscode.Uri): Promise<void> {
    return this.#entry(uri).queue.runNow();
  }

  /** Changes whenever a file that a simulation of the plan rests on changes. */
  inputsOf(uri: vscode.Uri): number {
    return this.#entry(uri).inputs;
  }

  /** Shows a simulation with the plan's figures until the plan or its files change; false when they have since `inputs` was asked for. */
  async keepSimulation(uri: vscode.Uri, simulation: Simulation, inputs: number): Promise<boolean> {
    const entry = this.#entry(uri);
    if (entry.inputs !== inputs || (openTextHash(uri) ?? simulation.planHash) !== simulation.planHash) return false;
    entry.simulation = simulation;
    await entry.queue.runNow();
    return true;
  }

  /** Asks again for every plan that is known, for example after the solver came back. */
  refreshAll(): void {
    this.#loader.forget();
    for (const entry of this.#entries.values()) entry.queue.schedule(0);
  }

  dispose(): void {
    this.#disposed = true;
    for (const entry of this.#entries.values()) entry.queue.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #entry(uri: vscode.Uri): Entry {
    const key = uri.toString();
    const known = this.#entries.get(key);
    if (known) return known;
    const queue = new RefreshQueue(() => this.#load(entry));
    const entry: Entry = { uri, queue, snapshot: emptySnapshot(uri.fsPath), simulation: undefined, inputs: 0 };
    this.#entries.set(key, entry);
    queue.schedule(0);
    return entry;
  }

  async #load(entry: Entry): Promise<void> {
    const { uri } = entry;
    if (uri.scheme !== 'file') return;
    const loaded = await this.#loader.load(this.question(uri), entry.snapshot);
    const snapshot = entry.simulation ? withSimulated(loaded, entry.simulation, openTextHash(uri)) : loaded;
    // Closed or deleted meanwhile: nobody wants to know.
    if (this.#disposed || this.#entries.get(uri.toString()) !== entry) return;
    entry.snapshot = snapshot;
    this.#changed.fire(uri);
  }

  #watchEditors(): vscode.Disposable[] {
    const asked = (document: vscode.TextDocument, delayMs: number): void => {
      if (isPlan(document)) this.#entry(document.uri).queue.schedule(delayMs);
    };
    return [
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (editor && isPlan(editor.document)) this.activate(editor.document.uri);
      }),
      vscode.workspace.onDidChangeTextDocument((event) => {
        if (event.contentChanges.length > 0) asked(event.document, editDelayMs);
      }),
      vscode.workspace.onDidSaveTextDocument((document) => asked(document, 0)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#onClose(document)),
    ];
  }

  #watchFiles(): vscode.Disposable[] {
    const watcher = vscode.workspace.createFileSystemWatcher('**/*.{onnx,npz,npy,csv,tiers}');
    return [
      watcher,
      watcher.onDidChange((uri) => this.#onFile(uri)),
      watcher.onDidCreate((uri) => {
        this.#onFile(uri);
        if (!this.#active && uri.path.endsWith('.tiers')) this.activate(uri);
      }),
      watcher.onDidDelete((uri) => this.#onDelete(uri)),
      ...['**/.tierwise/*/*.json', '**/*.measured.json'].flatMap((glob) => {
        const beside = vscode.workspace.createFileSystemWatcher(glob);
        const asked = (uri: vscode.Uri): void => this.#onFile(uri);
        return [beside, beside.onDidChange(asked), beside.onDidCreate(asked), beside.onDidDelete(asked)];
      }),
    ];
  }

  #onFile(uri: vscode.Uri): void {
    if (uri.path.endsWith('.onnx')) this.#loader.forget();
    for (const entry of this.#entries.values()) {
      if (!concerns(entry, uri)) continue;
      if (isSimulated(entry, uri)) {
        entry.inputs++;
        entry.simulation = undefined;
      }
      entry.queue.schedule(fileDelayMs);
    }
  }

  #onDelete(uri: vscode.Uri): void {
    const entry = this.#entries.get(uri.toString());
    if (entry && !openDocument(uri)) this.#drop(entry);
    this.#onFile(uri);
  }

  #onClose(document: vscode.TextDocument): void {
    const entry = this.#entries.get(document.uri.toString());
    if (!entry) return;
    // The active plan stays in the views after its editor is closed; its unsaved text is gone, so ask again.
    if (entry === this.#active) entry.queue.schedule(0);
    else this.#drop(entry);
  }

  #drop(entry: Entry): void {
    entry.queue.dispose();
    this.#entries.delete(entry.uri.toString());
    if (this.#active !== entry) return;
    this.#active = undefined;
    this.#changed.fire(undefined);
    // It may be there under another name; else another plan of the workspace is shown.
    void this.start();
  }
}

function openDocument(uri: vscode.Uri): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((candidate) => candidate.uri.toString() === uri.toString());
}

/** Whether a changed file may be one that a plan rests on: its model, or anything in or below its folder. */
function concerns(entry: Entry, file: vscode.Uri): boolean {
  const folder = vscode.Uri.joinPath(entry.uri, '..').path.replace(/\/?$/, '/');
  const model = entry.snapshot.energy?.model;
  // Targets and calibrations of a workspace count for every plan below their folder.
  if (file.path.includes('/.tierwise/')) return true;
  return file.path.startsWith(folder) || (model !== undefined && vscode.Uri.file(model).toString() === file.toString());
}

/** Whether a simulation rests on a file: data, the plan's own model, or the plan where it is not open. */
function isSimulated(entry: Entry, file: vscode.Uri): boolean {
  const model = entry.snapshot.energy?.model;
  // The text of an open plan is compared itself, so that undoing an edit brings the figures back.
  if (file.toString() === entry.uri.toString()) return openTextHash(file) === null;
  return /\.(npz|npy|csv)$/i.test(file.path) || (model !== undefined && vscode.Uri.file(model).toString() === file.toString());
}

function withSimulated(snapshot: PlanSnapshot, simulation: Simulation, planHash: string | null): PlanSnapshot {
  return snapshot.energy === null ? snapshot : { ...snapshot, energy: withSimulation(snapshot.energy, simulation, planHash) };
}

/** Whether a document is a plan on a local disk, where the solver can read it. */
export function isPlan(document: vscode.TextDocument): boolean {
  return document.languageId === 'tiers' && document.uri.scheme === 'file';
}
