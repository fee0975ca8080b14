import * as vscode from 'vscode';
import type { PythonDocument } from '../../solver-core/protocol/index.ts';
import type { PlanStore } from '../plan-store.ts';
import { RefreshQueue } from '../refresh-queue.ts';
import type { SolverClient } from '../server-client.ts';
import type { SettingsService } from '../settings.ts';
import { toErrorData } from '../solver-error.ts';
import type { ModelCandidates } from './model-candidates.ts';
import { fileOf, isPython, notebookOf, textOf } from './python-text.ts';
import { mayBuildLayers } from './relevance.ts';
import { ofLastCell } from './text-places.ts';

const editDelayMs = 250;
const fileDelayMs = 500;

/** What an analysis needs of the extension. */
export interface AnalysisParts {
  readonly log: vscode.LogOutputChannel;
  readonly solver: Pick<SolverClient, 'request'>;
  readonly settings: SettingsService;
  readonly plans: PlanStore;
  readonly models: ModelCandidates;
}

interface Entry {
  readonly document: vscode.TextDocument;
  readonly queue: RefreshQueue;
  readonly waiting: Set<() => void>;
  /** The newest answer, of the text as it is or of one before it; undefined: the text builds no layers, or nobody could say. */
  analysis: PythonDocument | undefined;
  /** Counts changes of the text, of a cell before it, of a model or a setting; and the one that `analysis` answers. */
  revision: number;
  answered: number;
  /** A question is on its way that has not been asked yet. */
  isDue: boolean;
  /** What was asked with. */
  models: readonly string[];
  target: string | undefined;
}

/**
 * What is known about each Python document on screen. Asks the solver a moment after an edit, with the text as it is edited; an answer
 * about an older text is dropped. A document that speaks of neither torch nor keras and has no `# tier:` comment costs one search in it.
 */
export class PythonAnalysis implements vscode.Disposable {
  readonly #context: AnalysisParts;
  readonly models: ModelCandidates;
  readonly #entries = new Map<string, Entry>();
  readonly #changed = new vscode.EventEmitter<vscode.TextDocument>();
  /** Fires with a document about which something else is known than before. */
  readonly onDidChange = this.#changed.event;
  readonly #subscriptions: readonly vscode.Disposable[];
  #said = '';

  constructor(context: AnalysisParts) {
    this.#context = context;
    this.models = context.models;
    this.#subscriptions = [
      this.#changed,
      context.models.onDidChange(() => this.#again(() => true, fileDelayMs)),
      context.settings.onDidChange(() => this.#again(() => true, 0)),
      context.plans.onDidChange(() => this.#again((entry) => this.#targetFor(entry.models) !== entry.target, 0)),
      vscode.workspace.onDidChangeTextDocument((event) => {
        if (event.contentChanges.length > 0) this.#onEdit(event.document);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => this.#drop(document)),
      vscode.window.onDidChangeVisibleTextEditors((editors) => this.#look(editors)),
    ];
    this.#look(vscode.window.visibleTextEditors);
  }

  /** The newest answer about a document, perhaps of the text before the newest edit. */
  latest(document: vscode.TextDocument): PythonDocument | undefined {
    return this.#entries.get(document.uri.toString())?.analysis;
  }

  /** What is known about the text as it is; waits for it. Undefined: it builds no layers, nobody could say, or the token was cancelled. */
  async fresh(document: vscode.TextDocument, token?: vscode.CancellationToken): Promise<PythonDocument | undefined> {
    if (!isPython(document) || document.isClosed) return undefined;
    const entry = this.#entry(document);
    if (isStale(entry) && !entry.isDue) this.#schedule(entry, 0);
    if (isStale(entry)) await settled(entry, token);
    return isStale(entry) || token?.isCancellationRequested ? undefined : entry.analysis;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.models.dispose();
    for (const entry of this.#entries.values()) entry.queue.dispose();
    this.#entries.clear();
  }

  #look(editors: readonly vscode.TextEditor[]): void {
    for (const { document } of editors) {
      if (!isPython(document)) continue;
      const entry = this.#entry(document);
      if (isStale(entry) && !entry.isDue) this.#schedule(entry, 0);
    }
  }

  #entry(document: vscode.TextDocument): Entry {
    const key = document.uri.toString();
    const known = this.#entries.get(key);
    if (known?.document === document) return known;
    if (known) this.#drop(known.document);
    const queue = new RefreshQueue(() => this.#load(entry));
    const entry: Entry = {
      document,
      queue,
      waiting: new Set(),
      analysis: undefined,
      revision: 0,
      answered: -1,
      isDue: true,
      models: [],
      target: undefined,
    };
    this.#entries.set(key, entry);
    queue.schedule(0);
    return entry;
  }

  /** The cells below an edited one build on it. */
  #onEdit(document: vscode.TextDocument): void {
    if (this.#entries.size === 0 || !isPython(document)) return;
    const cells = notebookOf(document)?.getCells() ?? [];
    const index = cells.findIndex((cell) => cell.document === document);
    const concerned = new Set([document, ...cells.slice(index + 1).map((cell) => cell.document)]);
    this.#again((entry) => concerned.has(entry.document), editDelayMs);
  }

  /** What is on screen is asked about again; anything else when somebody wants to know. */
  #again(which: (entry: Entry) => boolean, delayMs: number): void {
    const visible = new Set(vscode.window.visibleTextEditors.map((editor) => editor.document));
    for (const entry of this.#entries.values()) {
      if (!which(entry)) continue;
      entry.revision++;
      if (visible.has(entry.document) || entry.waiting.size > 0) this.#schedule(entry, delayMs);
    }
  }

  #schedule(entry: Entry, delayMs: number): void {
    entry.isDue = true;
    entry.queue.schedule(delayMs);
  }

  async #load(entry: Entry): Promise<void> {
    const { document, revision } = entry;
    entry.isDue = false;
    const before = entry.analysis;
    const analysis = await this.#ask(entry);
    // Closed, or edited meanwhile: the answer is about another text. The edit has scheduled the next question.
    if (document.isClosed || entry.revision !== revision) return;
    entry.analysis = analysis;
    entry.answered = revision;
    release(entry);
    if (before !== analysis) this.#changed.fire(document);
  }

  async #ask(entry: Entry): Promise<PythonDocument | undefined> {
    if (!this.#context.settings.current.pythonEnabled) return undefined;
    const { text, linesBefore } = textOf(entry.document);
    if (!mayBuildLayers(text)) return undefined;
    const file = fileOf(entry.document);
    entry.models = await this.models.of(file);
    entry.target = this.#targetFor(entry.models);
    const target = entry.target === undefined ? {} : { target: entry.target };
    try {
      const answer = await this.#context.solver.request('tierwise/python', { path: file.fsPath, text, models: entry.models, ...target });
      this.#said = '';
      return ofLastCell(answer, linesBefore);
    } catch (error) {
      const { code, message } = toErrorData(error);
      if (this.#said !== code) this.#context.log.warn(`layers of ${file.fsPath}: ${code}: ${message}`);
      this.#said = code;
      return undefined;
    }
  }

  /** The target of the settings, else the one that a plan of the likeliest model names, so that both show the same joules. */
  #targetFor(models: readonly string[]): string | undefined {
    const wanted = this.#context.settings.current.energyTarget;
    if (wanted !== '') return wanted;
    const energy = this.#context.plans.activeSnapshot?.energy;
    return energy && models.includes(energy.model) ? energy.target : undefined;
  }

  #drop(document: vscode.TextDocument): void {
    const entry = this.#entries.get(document.uri.toString());
    if (entry?.document !== document) return;
    this.#entries.delete(document.uri.toString());
    entry.queue.dispose();
    entry.analysis = undefined;
    release(entry);
    this.#changed.fire(document);
  }
}

function isStale(entry: Entry): boolean {
  return entry.answered !== entry.revision;
}

/** Resolves with the next answer about the text as it is, or when the token is cancelled. */
function settled(entry: Entry, token: vscode.CancellationToken | undefined): Promise<void> {
  return new Promise((resolve) => {
    const cancelled = token?.onCancellationRequested(() => done());
    const done = (): void => {
      cancelled?.dispose();
      entry.waiting.delete(done);
      resolve();
    };
    entry.waiting.add(done);
  });
}

function release(entry: Entry): void {
  for (const done of [...entry.waiting]) done();
}
