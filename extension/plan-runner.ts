import * as vscode from 'vscode';
import type { ProgressEvent } from '../solver-core/protocol/index.ts';
import { reportTo } from './progress-report.ts';
import { savePlan } from './save-plan.ts';
import type { SolverClient } from './server-client.ts';
import { baseName } from './to-view.ts';
import { explainTrust } from './trust.ts';

/** What runners share. */
export interface RunnerServices {
  readonly log: vscode.LogOutputChannel;
  readonly solver: SolverClient;
  /** Remembers options, and the newest result of each plan, over a reload of the window. */
  readonly memory: vscode.Memento;
}

/** What every run of a plan says of itself while it is under way. */
export interface RunState {
  readonly running: { readonly message: string; readonly fraction: number | null; readonly stopping: boolean } | null;
}

/** What one run does. `failed` gets whatever `work` threw; `ended` comes last, when another run may start. */
export interface RunSteps {
  readonly work: (token: vscode.CancellationToken) => Promise<void>;
  readonly failed: (error: unknown) => void;
  readonly ended: () => void;
}

/** Long work on plans for which a page exists: one at a time, with progress and cancel, and a state per plan that pages show. */
export abstract class PlanRunner<R extends RunState> implements vscode.Disposable {
  protected readonly services: RunnerServices;
  protected readonly key: string;
  readonly #contextKey: string;
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when a run starts, goes on or ends, and when files were deleted. */
  readonly onDidChange = this.#changed.event;
  readonly #runs = new Map<string, R>();
  /** Whether the page that tells everything is in front now; messages would say it twice. */
  isShown: () => boolean = () => false;
  #cancel: vscode.CancellationTokenSource | undefined;
  #running: vscode.Uri | undefined;

  constructor(services: RunnerServices, key: string, contextKey: string) {
    this.services = services;
    this.key = key;
    this.#contextKey = contextKey;
  }

  /** The plan that is worked on now, or undefined. */
  get running(): vscode.Uri | undefined {
    return this.#running;
  }

  /** The plan whose page was open last in this workspace. */
  get pagePlan(): vscode.Uri | undefined {
    const saved = this.services.memory.get<unknown>(`${this.key}.page`);
    return typeof saved === 'string' ? vscode.Uri.parse(saved) : undefined;
  }

  rememberPage(plan: vscode.Uri): void {
    void this.services.memory.update(`${this.key}.page`, plan.toString());
  }

  /** What is known about a plan's run; after a reload of the window, what was found before. */
  run(plan: vscode.Uri): R {
    const known = this.#runs.get(plan.toString());
    if (known) return known;
    const run = this.newRun(plan);
    this.#runs.set(plan.toString(), run);
    return run;
  }

  stop(): void {
    const plan = this.#running;
    const run = plan && this.run(plan);
    if (!plan || !run?.running || !this.#cancel) return;
    this.tell(plan, { ...run, running: { ...run.running, stopping: true } });
    this.#cancel.cancel();
  }

  dispose(): void {
    this.#cancel?.cancel();
    this.#changed.dispose();
  }

  /** The state of a plan that nothing is known about in this window: what was remembered, or the idle one. */
  protected abstract newRun(plan: vscode.Uri): R;

  protected tell(plan: vscode.Uri, run: R): void {
    this.#runs.set(plan.toString(), run);
    this.#changed.fire();
  }

  /** Changes the state without telling anybody yet. */
  protected keep(plan: vscode.Uri, run: R): void {
    this.#runs.set(plan.toString(), run);
  }

  protected fire(): void {
    this.#changed.fire();
  }

  /** Does `steps` unless something stands in the way, which it tells: no trust, another run, a plan that cannot be saved. Never rejects. */
  protected async perform(
    plan: vscode.Uri,
    words: { readonly trust: () => string; readonly busy: () => string; readonly unsaved: (name: string) => string },
    started: R,
    steps: RunSteps,
  ): Promise<void> {
    if (!vscode.workspace.isTrusted) return explainTrust(words.trust());
    if (this.#cancel) return void vscode.window.showInformationMessage(words.busy());
    const source = new vscode.CancellationTokenSource();
    this.#cancel = source;
    this.#running = plan;
    void vscode.commands.executeCommand('setContext', this.#contextKey, true);
    this.tell(plan, started);
    try {
      if (await savePlan(plan, words.unsaved(baseName(plan.path)))) await steps.work(source.token);
    } catch (error) {
      steps.failed(error);
    } finally {
      source.dispose();
      this.#cancel = undefined;
      this.#running = undefined;
      void vscode.commands.executeCommand('setContext', this.#contextKey, false);
      steps.ended();
    }
  }

  /** Runs `work` under a notification whose Cancel stops it. */
  protected async withNotification<T>(
    title: string,
    work: (report: (event: ProgressEvent) => void) => Promise<T>,
    told?: (event: ProgressEvent) => string,
  ): Promise<T> {
    const place = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    return vscode.window.withProgress(place, (progress, token) => {
      const link = token.onCancellationRequested(() => this.stop());
      return work(reportTo(progress, told)).finally(() => link.dispose());
    });
  }
}
