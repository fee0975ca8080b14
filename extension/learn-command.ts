import * as vscode from 'vscode';
import type { LearnDocument, ProgressEvent } from '../solver-core/protocol/index.ts';
import { showError } from './errors-ui.ts';
import { formatMetric, formatQuantity } from './format.ts';
import { finishedRun, startedRun, withBatch, type LearningRun } from './learning-run.ts';
import type { PlanStore } from './plan-store.ts';
import { reportTo } from './progress-report.ts';
import type { SolverClient } from './server-client.ts';
import { explainTrust } from './trust.ts';
import { sayBriefly, showRecurring } from './quiet.ts';
import { isCancelled } from './solver-error.ts';
import { baseName, metricName } from './to-view.ts';

interface LearnServices {
  readonly log: vscode.LogOutputChannel;
  readonly solver: SolverClient;
  readonly plans: PlanStore;
  /** Remembers the data file chosen last for each plan. */
  readonly memory: vscode.Memento;
}

const dataEndings = ['npz', 'npy', 'csv', 'tsv', 'txt', 'data', 'idx', 'gz'];
/** Pages are told at most this often; a stream of small batches decides hundreds per second. */
const tellEveryMs = 150;

/** Runs "Learn from data…": one run at a time, told batch by batch, stopped without losing what was learned. */
export class LearnRunner implements vscode.Disposable {
  readonly #services: LearnServices;
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when a run starts, decides batches or ends. */
  readonly onDidChange = this.#changed.event;
  #run: LearningRun | undefined;
  #cancel: vscode.CancellationTokenSource | undefined;
  #toldMs = 0;

  constructor(services: LearnServices) {
    this.#services = services;
  }

  /** The run that is under way, or the newest of this window. */
  get run(): LearningRun | undefined {
    return this.#run;
  }

  get isRunning(): boolean {
    return this.#cancel !== undefined;
  }

  /** Asks the run to end after the batch it is at. */
  stop(): void {
    if (!this.#cancel || !this.#run?.running) return;
    this.#tell({ ...this.#run, running: { ...this.#run.running, stopping: true } });
    this.#cancel.cancel();
  }

  dispose(): void {
    this.#cancel?.cancel();
    this.#changed.dispose();
  }

  /** Learns from a file that the user picks. Shows what stands in the way, or the outcome; never rejects. */
  async learn(plan: vscode.Uri): Promise<void> {
    if (!vscode.workspace.isTrusted) return explainTrust(trustText());
    if (this.#cancel)
      return void vscode.window.showInformationMessage(
        vscode.l10n.t('A learning run is under way already. Stop it first, or wait for it.'),
      );
    const data = await this.#pickData(plan);
    if (!data) return;
    this.#cancel = new vscode.CancellationTokenSource();
    void vscode.commands.executeCommand('setContext', 'tierwise.learning', true);
    this.#tell(startedRun(plan.fsPath, data.fsPath, vscode.l10n.t('Reading the plan, the model and the data')));
    let outcome: LearnDocument | undefined;
    try {
      outcome = await this.#request(plan, data, this.#cancel.token);
      if (this.#run) this.#tell(finishedRun(this.#run, outcome));
    } catch (error) {
      if (this.#run) this.#tell({ ...this.#run, running: null });
      if (isCancelled(error)) sayBriefly(vscode.l10n.t('Learning was stopped. Nothing was changed.'));
      else void showError(this.#services.log, vscode.l10n.t('Learning from {0} failed', baseName(data.path)), error);
    } finally {
      this.#cancel.dispose();
      this.#cancel = undefined;
      void vscode.commands.executeCommand('setContext', 'tierwise.learning', false);
      this.#changed.fire();
    }
    if (outcome) void announce(outcome, this.#services.memory);
  }

  async #pickData(plan: vscode.Uri): Promise<vscode.Uri | undefined> {
    const key = `learn.data:${plan.toString()}`;
    const last = this.#services.memory.get<string>(key);
    const folder = vscode.Uri.joinPath(plan, '..');
    const chosen = await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Learn from data: rows that are new to {0}', baseName(plan.path)),
      openLabel: vscode.l10n.t('Learn'),
      canSelectMany: false,
      defaultUri: last === undefined ? folder : vscode.Uri.parse(last),
      filters: { [vscode.l10n.t('Data')]: dataEndings, [vscode.l10n.t('All files')]: ['*'] },
    });
    const data = chosen?.[0];
    if (data) await this.#services.memory.update(key, data.toString());
    return data;
  }

  async #request(plan: vscode.Uri, data: vscode.Uri, token: vscode.CancellationToken): Promise<LearnDocument> {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Learning from {0}', baseName(data.path)),
      cancellable: true,
    };
    return vscode.window.withProgress(options, (progress, notificationToken) => {
      const link = notificationToken.onCancellationRequested(() => this.stop());
      const report = reportTo(progress, (event) => this.#message(event));
      const onProgress = (event: ProgressEvent): void => {
        report(event);
        this.#onProgress(event);
      };
      const params = { path: plan.fsPath, data: data.fsPath, keepOnCancel: true };
      return Promise.resolve(this.#services.solver.request('tierwise/learn', params, { token, onProgress })).finally(() => link.dispose());
    });
  }

  #message(event: ProgressEvent): string {
    const energy = this.#run?.energy;
    const last = this.#run?.batches.at(-1);
    if (!energy || !last) return event.message;
    return vscode.l10n.t('batch {0}: {1}, {2} spent', last.index + 1, formatMetric(last.metric, last.running), formatQuantity(energy));
  }

  #onProgress(event: ProgressEvent): void {
    if (!this.#run?.running) return;
    const run = event.batch ? withBatch(this.#run, event.batch) : this.#run;
    this.#run = { ...run, running: { message: event.message, fraction: event.fraction, stopping: this.#run.running.stopping } };
    const nowMs = Date.now();
    if (nowMs - this.#toldMs < tellEveryMs) return;
    this.#toldMs = nowMs;
    this.#changed.fire();
  }

  #tell(run: LearningRun): void {
    this.#run = run;
    this.#changed.fire();
  }
}

const trustText = (): string =>
  vscode.l10n.t(
    'Learning is blocked in a restricted workspace, because it runs the model of this workspace in ONNX Runtime and writes files beside it.',
  );

async function announce(record: LearnDocument, memory: vscode.Memento): Promise<void> {
  const { metric, heldOut, stream } = record.evaluation;
  const show = vscode.l10n.t('Show learning');
  const name = baseName(record.output);
  const spent = formatQuantity(record.totals.energy);
  const text = heldOut
    ? vscode.l10n.t(
        'Learned from {0} rows: {1} {2} before, {3} after, on {4} held-out rows, for {5}. The new model is {6}.',
        record.totals.rows,
        metricName(metric, vscode.l10n.t),
        formatMetric(metric, heldOut.before),
        formatMetric(metric, heldOut.after),
        heldOut.rows,
        spent,
        name,
      )
    : vscode.l10n.t(
        'Learned from {0} rows: {1} {2} over the stream, for {3}. The new model is {4}.',
        record.totals.rows,
        metricName(metric, vscode.l10n.t),
        formatMetric(metric, stream),
        spent,
        name,
      );
  if ((await showRecurring(memory, 'learned', text, show)) === show) await vscode.commands.executeCommand('tierwise.openLearning');
}
