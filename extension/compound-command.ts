import * as vscode from 'vscode';
import type { CompoundDocument, ProgressEvent } from '../solver-core/protocol/index.ts';
import { announceCompound, compoundTrustText } from './compound-messages.ts';
import { rememberedCompound, restoredCompound } from './compound-record.ts';
import { brokenCompound, finishedCompound, idleCompound, startedCompound, withStep, type CompoundRun } from './compound-run.ts';
import { showError } from './errors-ui.ts';
import { formatCount, formatQuantity } from './format.ts';
import { PlanRunner, type RunnerServices } from './plan-runner.ts';
import { planTextHash } from './plan-text-hash.ts';
import { sayBriefly } from './quiet.ts';
import { isCancelled, toErrorData } from './solver-error.ts';
import { pickStream } from './stream-pick.ts';
import { baseName } from './to-view.ts';
import { explainTrust } from './trust.ts';

/** Time to write down what was decided once a run is asked to stop. */
const graceMs = 60_000;
/** Pages are told at most this often; a stream of small batches decides hundreds per second. */
const tellEveryMs = 100;

/** Runs a plan's compound model over a stream: one run at a time, told decision by decision, stopped without losing what was decided. */
export class CompoundRunner extends PlanRunner<CompoundRun> {
  #last: CompoundDocument | null = null;
  #toldMs = 0;

  constructor(services: RunnerServices) {
    super(services, 'compound', 'tierwise.compoundRunning');
  }

  /** The newest record of this session, or null. */
  get last(): CompoundDocument | null {
    return this.#last;
  }

  /**
   * Asks for the stream, or takes the one used last when `again`, and runs. It goes on from the state of the run before unless `fresh`.
   * `onStart` is called once it is clear that there will be a run. Never rejects.
   */
  async start(plan: vscode.Uri, options: { readonly again: boolean; readonly fresh: boolean }, onStart: () => void): Promise<void> {
    if (!vscode.workspace.isTrusted) return explainTrust(compoundTrustText());
    if (this.running) return void vscode.window.showInformationMessage(words.busy());
    const last = this.#lastStream(plan);
    const stream = options.again && last ? last : await pickStream(plan, last);
    if (!stream) return;
    await this.services.memory.update(streamKey(plan), stream.toString());
    onStart();
    await this.#perform(plan, stream, options.fresh);
  }

  protected override newRun(plan: vscode.Uri): CompoundRun {
    const idle = idleCompound(plan.fsPath, this.#lastStream(plan)?.fsPath ?? null);
    const run = restoredCompound(this.services.memory.get<unknown>(resultKey(plan)), idle) ?? idle;
    if (run.record) void this.#forgetMissing(plan, run.record.outputs.state);
    return run;
  }

  async #perform(plan: vscode.Uri, stream: vscode.Uri, fresh: boolean): Promise<void> {
    const before = this.run(plan);
    const goesOn = !fresh && before.hasState && before.stream === stream.fsPath;
    const message = vscode.l10n.t('Reading the plan, the models and the stream');
    let outcome: CompoundDocument | undefined;
    let planHash: string | null = null;
    await this.perform(plan, words, startedCompound(before, stream.fsPath, goesOn, message), {
      work: async (token) => {
        planHash = await planTextHash(plan);
        outcome = await this.withNotification(
          vscode.l10n.t('Running the compound model on {0}', baseName(stream.path)),
          (report) => {
            const onProgress = (event: ProgressEvent): void => {
              this.#onProgress(plan, event);
              report(event);
            };
            const params = { path: plan.fsPath, stream: stream.fsPath, fresh, keepOnCancel: true };
            return this.services.solver.request('tierwise/compound', params, { token, onProgress, graceMs });
          },
          (event) => this.#message(plan, event),
        );
      },
      failed: (error) => this.#onFailure(plan, stream, error),
      ended: () => {
        if (outcome) this.#onOutcome(plan, outcome, planHash);
        else if (this.run(plan).running) this.tell(plan, brokenCompound(this.run(plan), null));
        else this.fire();
      },
    });
  }

  #lastStream(plan: vscode.Uri): vscode.Uri | undefined {
    const saved = this.services.memory.get<unknown>(streamKey(plan));
    return typeof saved === 'string' ? vscode.Uri.parse(saved) : undefined;
  }

  #message(plan: vscode.Uri, event: ProgressEvent): string {
    const run = this.run(plan);
    const point = run.course.at(-1);
    if (!point) return event.message;
    return vscode.l10n.t('{0} decisions, {1} spent', formatCount(run.decisionCount), formatQuantity(point.sums.compound));
  }

  #onProgress(plan: vscode.Uri, event: ProgressEvent): void {
    const run = this.run(plan);
    if (!run.running) return;
    const next = event.compound ? withStep(run, event.compound) : run;
    const running = { message: event.message, fraction: event.fraction, stopping: run.running.stopping };
    const nowMs = Date.now();
    this.keep(plan, { ...next, running });
    if (nowMs - this.#toldMs < tellEveryMs) return;
    this.#toldMs = nowMs;
    this.fire();
  }

  #onFailure(plan: vscode.Uri, stream: vscode.Uri, error: unknown): void {
    const stopped = isCancelled(error);
    this.tell(plan, brokenCompound(this.run(plan), stopped ? null : toErrorData(error)));
    if (this.isShown()) {
      const { code, message } = toErrorData(error);
      if (!stopped) this.services.log.error(`compound model on ${baseName(stream.path)}: ${code}: ${message}`);
    } else if (stopped) sayBriefly(vscode.l10n.t('The run was stopped before anything was decided.'));
    else void showError(this.services.log, vscode.l10n.t('Running the compound model on {0} failed', baseName(stream.path)), error);
  }

  #onOutcome(plan: vscode.Uri, outcome: CompoundDocument, planHash: string | null): void {
    this.#last = outcome;
    this.tell(plan, finishedCompound(this.run(plan), outcome, planHash));
    void this.services.memory.update(resultKey(plan), rememberedCompound(this.run(plan)));
    if (!this.isShown()) void announceCompound(outcome, this.services.memory);
  }

  /** The state that an earlier session left may have been deleted since: then there is nothing to go on from. */
  async #forgetMissing(plan: vscode.Uri, state: string): Promise<void> {
    const isThere = await vscode.workspace.fs.stat(vscode.Uri.file(state)).then(
      () => true,
      () => false,
    );
    const run = this.run(plan);
    if (!isThere && run.restored && run.record?.outputs.state === state) this.tell(plan, { ...run, hasState: false });
  }
}

const streamKey = (plan: vscode.Uri): string => `compound.stream:${plan.toString()}`;
const resultKey = (plan: vscode.Uri): string => `compound.result:${plan.toString()}`;

const words = {
  trust: compoundTrustText,
  busy: (): string => vscode.l10n.t('A compound model is running already. Stop it first, or wait for it.'),
  unsaved: (name: string): string => vscode.l10n.t('{0} could not be saved, so nothing was run.', name),
};
