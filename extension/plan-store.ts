import * as vscode from 'vscode';
import type { InspectDocument } from '../solver-core/protocol/index.ts';
import { parseFitRecord } from './fit-record.ts';
import { emptySnapshot, type PlanSnapshot } from './plan-snapshot.ts';
import type { SettingsService } from './settings.ts';
import type { SolverClient } from './server-client.ts';
import { isCancelled, toErrorData } from './solver-error.ts';

const editDelayMs = 350;
const fileDelayMs = 500;
const maxPlansSearched = 50;
const maxInspected = 16;

interface Entry {
  readonly uri: vscode.Uri;
  snapshot: PlanSnapshot;
  timer: NodeJS.Timeout | undefined;
  running: Promise<void> | undefined;
  again: boolean;
}

/**
 * What is known about each open plan, and which one the views show: the plan edited last, else the first of the workspace.
 * Asks the solver again, a moment after an edit, with the unsaved text; one question at a time per plan.
 */
export class PlanStore implements vscode.Disposable {
  readonly #solver: SolverClient;
  readonly #settings: SettingsService;
  readonly #changed = new vscode.EventEmitter<vscode.Uri | undefined>();
  readonly #entries = new Map<string, Entry>();
  readonly #inspected = new Map<string, Promise<InspectDocument>>();
  readonly #disposables: vscode.Disposable[] = [this.#changed];
  /** Fires with the plan whose snapshot changed, or undefined when another plan (or none) became the active one. */
  readonly onDidChange = this.#changed.event;
  #active: Entry | undefined;
  #disposed = false;

  constructor(solver: SolverClient, settings: SettingsService) {
    this.#solver = solver;
    this.#settings = settings;
    const watcher = vscode.workspace.createFileSystemWatcher('**/*.{onnx,npz,npy,csv,tiers}');
    const onFile = (uri: vscode.Uri): void => this.#onFile(uri);
    this.#disposables.push(
      watcher,
      watcher.onDidChange(onFile),
      watcher.onDidCreate((uri) => {
        onFile(uri);
        if (!this.#active && uri.path.endsWith('.tiers')) this.activate(uri);
      }),
      watcher.onDidDelete((uri) => this.#onDelete(uri)),
      settings.onDidChange(() => this.refreshAll()),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (editor && isPlan(editor.document)) this.activate(editor.document.uri);
      }),
      vscode.workspace.onDidChangeTextDocument((event) => {
        if (isPlan(event.document) && event.contentChanges.length > 0) this.#schedule(this.#entry(event.document.uri), editDelayMs);
      }),
      vscode.workspace.onDidSaveTextDocument((document) => {
        if (isPlan(document)) this.#schedule(this.#entry(document.uri), 0);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => this.#onClose(document)),
    );
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

  /** Chooses the first plan: the visible one, else the first of the workspace. */
  async start(): Promise<void> {
    const visible = vscode.window.visibleTextEditors.find((editor) => isPlan(editor.document));
    if (visible) return this.activate(visible.document.uri);
    const found = await vscode.workspace.findFiles('**/*.tiers', '**/node_modules/**', maxPlansSearched);
    const first = found
      .filter((uri) => uri.scheme === 'file')
      .sort((a, b) => a.path.length - b.path.length || a.path.localeCompare(b.path))[0];
    if (first && !this.#active && !this.#disposed) this.activate(first);
  }

  /** Makes a plan the one that the views show. */
  activate(uri: vscode.Uri): void {
    const entry = this.#entry(uri);
    if (this.#active === entry) return;
    this.#active = entry;
    this.#changed.fire(undefined);
  }

  /** Asks the solver again and resolves when the answer is in. */
  async refresh(uri: vscode.Uri): Promise<void> {
    const entry = this.#entry(uri);
    clearTimeout(entry.timer);
    await this.#run(entry);
  }

  /** Asks again for every plan that is known, for example after the solver came back. */
  refreshAll(): void {
    this.#inspected.clear();
    for (const entry of this.#entries.values()) this.#schedule(entry, 0);
  }

  dispose(): void {
    this.#disposed = true;
    for (const entry of this.#entries.values()) clearTimeout(entry.timer);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #entry(uri: vscode.Uri): Entry {
    const key = uri.toString();
    const known = this.#entries.get(key);
    if (known) return known;
    const entry: Entry = { uri, snapshot: emptySnapshot(uri.fsPath), timer: undefined, running: undefined, again: false };
    this.#entries.set(key, entry);
    this.#schedule(entry, 0);
    return entry;
  }

  #schedule(entry: Entry, delayMs: number): void {
    if (this.#disposed) return;
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => void this.#run(entry), delayMs);
  }

  /** One refresh at a time per plan; what came in meanwhile is answered by one more. */
  #run(entry: Entry): Promise<void> {
    if (entry.running) {
      entry.again = true;
      return entry.running;
    }
    entry.running = this.#loop(entry).finally(() => {
      entry.running = undefined;
    });
    return entry.running;
  }

  async #loop(entry: Entry): Promise<void> {
    do {
      entry.again = false;
      entry.snapshot = await this.#load(entry.uri, entry.snapshot);
      // Closed or deleted meanwhile: nobody wants to know.
      if (this.#disposed || this.#entries.get(entry.uri.toString()) !== entry) return;
      this.#changed.fire(entry.uri);
    } while (entry.again);
  }

  async #load(uri: vscode.Uri, previous: PlanSnapshot): Promise<PlanSnapshot> {
    if (uri.scheme !== 'file') return previous;
    const path = uri.fsPath;
    const document = vscode.workspace.textDocuments.find((candidate) => candidate.uri.toString() === uri.toString());
    const text = document?.isDirty ? { text: document.getText() } : {};
    const target = this.#settings.current.energyTarget === '' ? {} : { target: this.#settings.current.energyTarget };
    const [check, energy, last] = await Promise.allSettled([
      this.#solver.request('tierwise/check', { path, ...text }),
      this.#solver.request('tierwise/energy', { path, ...text, ...target }),
      this.#solver.request('tierwise/lastFit', { path, ...text }),
    ]);
    const modelPath =
      (energy.status === 'fulfilled' ? energy.value.model : null) ?? (check.status === 'fulfilled' ? check.value.model : null);
    const inspect = modelPath === null ? null : await this.#inspect(modelPath);
    const failure = energy.status === 'rejected' && !isCancelled(energy.reason) ? toErrorData(energy.reason) : null;
    return {
      path,
      check: check.status === 'fulfilled' ? check.value : previous.check,
      energy: energy.status === 'fulfilled' ? energy.value : previous.energy,
      inspect: inspect ?? previous.inspect,
      fit: last.status === 'fulfilled' ? (parseFitRecord(last.value.fit) ?? null) : previous.fit,
      stale: last.status === 'fulfilled' ? last.value.stale : previous.stale,
      error: failure,
    };
  }

  async #inspect(modelPath: string): Promise<InspectDocument | null> {
    const key = vscode.Uri.file(modelPath).toString();
    const known = this.#inspected.get(key);
    if (known) return known.catch(() => null);
    const asked = this.#solver.request('tierwise/inspect', { path: modelPath });
    if (this.#inspected.size >= maxInspected) this.#inspected.clear();
    this.#inspected.set(key, asked);
    return asked.catch(() => {
      this.#inspected.delete(key);
      return null;
    });
  }

  #onFile(uri: vscode.Uri): void {
    this.#inspected.delete(uri.toString());
    for (const entry of this.#entries.values()) if (concerns(entry, uri)) this.#schedule(entry, fileDelayMs);
  }

  #onDelete(uri: vscode.Uri): void {
    const entry = this.#entries.get(uri.toString());
    const isOpen = vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
    if (entry && !isOpen) {
      clearTimeout(entry.timer);
      this.#entries.delete(uri.toString());
      if (this.#active === entry) {
        this.#active = undefined;
        this.#changed.fire(undefined);
      }
    }
    this.#onFile(uri);
  }

  #onClose(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    const entry = this.#entries.get(key);
    if (!entry) return;
    // The active plan stays in the views after its editor is closed; its unsaved text is gone, so ask again.
    if (entry === this.#active) return this.#schedule(entry, 0);
    clearTimeout(entry.timer);
    this.#entries.delete(key);
  }
}

/** Whether a changed file may be one that a plan rests on: its model, or anything in or below its folder. */
function concerns(entry: Entry, file: vscode.Uri): boolean {
  const folder = vscode.Uri.joinPath(entry.uri, '..').path.replace(/\/?$/, '/');
  const model = entry.snapshot.energy?.model;
  return file.path.startsWith(folder) || (model !== undefined && vscode.Uri.file(model).toString() === file.toString());
}

/** Whether a document is a plan on a local disk, where the solver can read it. */
export function isPlan(document: vscode.TextDocument): boolean {
  return document.languageId === 'tiers' && document.uri.scheme === 'file';
}
