import * as v from 'valibot';
import * as vscode from 'vscode';
import type { ProgressEvent, SelectDocument } from '../solver-core/protocol/index.ts';
import type { OptimiseOptions } from '../webview/messages/index.ts';
import { showError } from './errors-ui.ts';
import { brokenRun, defaultOptions, finishedRun, idleRun, startedRun, withPoint, writtenFiles, type OptimiseRun } from './optimise-run.ts';
import { optimiseOptionsSchema } from './panels/page-messages.ts';
import { announceWritten, optimiseTrustText } from './optimise-messages.ts';
import { planTextHash } from './plan-text-hash.ts';
import { reportTo } from './progress-report.ts';
import { savePlan } from './save-plan.ts';
import { parseSelectRecord } from './select-record.ts';
import type { SolverClient } from './server-client.ts';
import { isCancelled, toErrorData } from './solver-error.ts';
import { baseName } from './to-view.ts';
import { moveToTrash } from './trash.ts';
import { explainTrust } from './trust.ts';

interface OptimiseServices {
  readonly log: vscode.LogOutputChannel;
  readonly solver: SolverClient;
  /** Remembers the options, and the newest result of each plan over a reload of the window. */
  readonly memory: vscode.Memento;
}

const optionsKey = 'optimise.options';
const pageKey = 'optimise.page';
const resultKey = (plan: vscode.Uri): string => `optimise.result:${plan.toString()}`;
/** A result of more characters is not remembered: the memory of a workspace is read whole at each start. */
const maxRemembered = 400_000;

const writtenSchema = v.object({ output: v.string(), earlier: v.boolean() });

/** Searches for weights that cost less energy: one search at a time, told point by point; writes a model only when asked to. */
export class OptimiseRunner implements vscode.Disposable {
  readonly #services: OptimiseServices;
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when a search starts, tries a point or ends, and when files were deleted. */
  readonly onDidChange = this.#changed.event;
  readonly #runs = new Map<string, OptimiseRun>();
  /** Whether the page that tells everything is in front now; messages would say it twice. */
  isShown: () => boolean = () => false;
  #cancel: vscode.CancellationTokenSource | undefined;
  #running: vscode.Uri | undefined;
  #last: SelectDocument | null = null;

  constructor(services: OptimiseServices) {
    this.#services = services;
  }

  /** The plan that is searched for now, or undefined. */
  get running(): vscode.Uri | undefined {
    return this.#running;
  }

  /** The newest result of this session, or null. */
  get last(): SelectDocument | null {
    return this.#last;
  }

  /** What was set last in this workspace. */
  get options(): OptimiseOptions {
    const saved = v.safeParse(optimiseOptionsSchema, this.#services.memory.get<unknown>(optionsKey));
    return saved.success ? saved.output : defaultOptions;
  }

  /** The plan whose page was open last in this workspace. */
  get pagePlan(): vscode.Uri | undefined {
    const saved = this.#services.memory.get<unknown>(pageKey);
    return typeof saved === 'string' ? vscode.Uri.parse(saved) : undefined;
  }

  rememberPage(plan: vscode.Uri): void {
    void this.#services.memory.update(pageKey, plan.toString());
  }

  remember(options: OptimiseOptions): void {
    void this.#services.memory.update(optionsKey, options);
  }

  /** What is known about a plan's search; after a reload of the window, what it found before. */
  run(plan: vscode.Uri): OptimiseRun {
    const known = this.#runs.get(plan.toString());
    if (known) return known;
    const run = this.#restored(plan) ?? idleRun(plan.fsPath);
    this.#runs.set(plan.toString(), run);
    if (run.written) void this.#forgetMissing(plan, run.written.output);
    return run;
  }

  stop(): void {
    const plan = this.#running;
    const run = plan && this.run(plan);
    if (!plan || !run?.running || !this.#cancel) return;
    this.#tell(plan, { ...run, running: { ...run.running, stopping: true } });
    this.#cancel.cancel();
  }

  dispose(): void {
    this.#cancel?.cancel();
    this.#changed.dispose();
  }

  /** Searches, and writes the model when `writes`. The page tells the outcome; so does a message when a model was written. Never rejects. */
  async start(plan: vscode.Uri, options: OptimiseOptions, writes: boolean): Promise<void> {
    this.remember(options);
    if (!vscode.workspace.isTrusted) return explainTrust(optimiseTrustText());
    if (this.#cancel)
      return void vscode.window.showInformationMessage(vscode.l10n.t('A search is under way already. Stop it first, or wait for it.'));
    const source = new vscode.CancellationTokenSource();
    this.#cancel = source;
    this.#running = plan;
    void vscode.commands.executeCommand('setContext', 'tierwise.optimising', true);
    this.#tell(plan, startedRun(this.run(plan), options, writes, vscode.l10n.t('Reading the plan, the model and the data')));
    let outcome: SelectDocument | undefined;
    let planHash: string | null = null;
    try {
      if (await savePlan(plan, vscode.l10n.t('{0} could not be saved, so nothing was searched.', baseName(plan.path)))) {
        // Read before the search: what is edited while it goes on is not what was searched.
        planHash = await planTextHash(plan);
        outcome = await this.#request(plan, options, writes, source.token);
      }
    } catch (error) {
      this.#onFailure(plan, error);
    } finally {
      source.dispose();
      this.#cancel = undefined;
      this.#running = undefined;
      void vscode.commands.executeCommand('setContext', 'tierwise.optimising', false);
      if (outcome) this.#onOutcome(plan, options, outcome, planHash);
      else if (this.run(plan).running) this.#tell(plan, brokenRun(this.run(plan), null));
      else this.#changed.fire();
    }
  }

  /** Moves the files that a result wrote to the trash, once the user has said so. */
  async deleteWritten(plan: vscode.Uri): Promise<void> {
    const { written } = this.run(plan);
    if (!written) return void vscode.window.showInformationMessage(vscode.l10n.t('No model was written for this plan.'));
    const names = written.files.map(baseName).join(', ');
    const yes = vscode.l10n.t('Move to trash');
    const detail = vscode.l10n.t('Your own model and the plan stay as they are. The result of the search stays on the page.');
    const question = vscode.l10n.t('Delete {0}?', names);
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return;
    // Another run may have written the same names since the question.
    if (this.run(plan).written !== written || this.run(plan).running?.writes === true)
      return void vscode.window.showInformationMessage(vscode.l10n.t('{0} is being written anew, so nothing was deleted.', names));
    try {
      for (const file of written.files) if (!(await moveToTrash(vscode.Uri.file(file)))) return;
    } catch (error) {
      return showError(this.#services.log, vscode.l10n.t('{0} could not be deleted', names), error);
    }
    this.#tell(plan, { ...this.run(plan), written: null });
    this.#save(plan);
    vscode.window.setStatusBarMessage(vscode.l10n.t('{0} moved to the trash.', names), 5000);
  }

  #tell(plan: vscode.Uri, run: OptimiseRun): void {
    this.#runs.set(plan.toString(), run);
    this.#changed.fire();
  }

  #onFailure(plan: vscode.Uri, error: unknown): void {
    const stopped = isCancelled(error);
    this.#tell(plan, brokenRun(this.run(plan), stopped ? null : toErrorData(error)));
    if (this.isShown()) {
      const { code, message } = toErrorData(error);
      if (!stopped) this.#services.log.error(`search for ${baseName(plan.path)}: ${code}: ${message}`);
    } else if (stopped) void vscode.window.showInformationMessage(vscode.l10n.t('The search was stopped. Nothing was written.'));
    else void showError(this.#services.log, vscode.l10n.t('The search for {0} failed', baseName(plan.path)), error);
  }

  #onOutcome(plan: vscode.Uri, options: OptimiseOptions, outcome: SelectDocument, planHash: string | null): void {
    this.#last = outcome;
    this.#tell(plan, finishedRun(this.run(plan), options, outcome, planHash));
    this.#save(plan);
    // Not awaited: the command is done when its result is on the page, not when somebody closes the message.
    if (outcome.output !== null && !this.isShown()) void announceWritten(outcome.output, outcome);
  }

  async #request(plan: vscode.Uri, options: OptimiseOptions, writes: boolean, token: vscode.CancellationToken): Promise<SelectDocument> {
    const title = writes
      ? vscode.l10n.t('Writing the optimised model of {0}', baseName(plan.path))
      : vscode.l10n.t('Searching for cheaper weights for {0}', baseName(plan.path));
    const place = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    return vscode.window.withProgress(place, (progress, notificationToken) => {
      const link = notificationToken.onCancellationRequested(() => this.stop());
      const report = reportTo(progress);
      const onProgress = (event: ProgressEvent): void => {
        report(event);
        this.#onProgress(plan, event);
      };
      const params = { path: plan.fsPath, ...options, trial: !writes };
      return Promise.resolve(this.#services.solver.request('tierwise/select', params, { token, onProgress })).finally(() => link.dispose());
    });
  }

  #onProgress(plan: vscode.Uri, event: ProgressEvent): void {
    const run = this.run(plan);
    if (!run.running) return;
    const next = event.point ? withPoint(run, event.point) : run;
    this.#tell(plan, { ...next, running: { ...run.running, message: event.message, fraction: event.fraction } });
  }

  /** A model that an earlier session wrote may have been deleted or moved since. */
  async #forgetMissing(plan: vscode.Uri, output: string): Promise<void> {
    const isThere = await vscode.workspace.fs.stat(vscode.Uri.file(output)).then(
      () => true,
      () => false,
    );
    const run = this.run(plan);
    if (!isThere && run.written?.output === output && !run.running) this.#tell(plan, { ...run, written: null });
  }

  #save(plan: vscode.Uri): void {
    const { result, written } = this.run(plan);
    if (!result) return;
    const saved = { ...result, written: written === null ? null : { output: written.output, earlier: written.earlier } };
    void this.#services.memory.update(resultKey(plan), JSON.stringify(saved).length <= maxRemembered ? saved : undefined);
  }

  #restored(plan: vscode.Uri): OptimiseRun | undefined {
    const saved = this.#services.memory.get<Record<string, unknown>>(resultKey(plan));
    const options = v.safeParse(optimiseOptionsSchema, saved?.['options']);
    const document = parseSelectRecord(saved?.['document']);
    if (!options.success || !document) return undefined;
    const hash = v.safeParse(v.string(), saved?.['planHash']);
    const run = finishedRun(idleRun(plan.fsPath), options.output, document, hash.success ? hash.output : null);
    const written = v.safeParse(writtenSchema, saved?.['written']);
    return {
      ...run,
      result: run.result && { ...run.result, restored: true },
      written: written.success ? writtenFiles(written.output.output, written.output.earlier) : null,
    };
  }
}
