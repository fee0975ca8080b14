import * as vscode from 'vscode';
import type { ProgressEvent } from '../solver-core/protocol/index.ts';
import { showError } from './errors-ui.ts';
import { planTextHash } from './plan-text-hash.ts';
import type { PlanStore } from './plan-store.ts';
import { reportTo } from './progress-report.ts';
import { savePlan } from './save-plan.ts';
import type { SolverClient } from './server-client.ts';
import type { SettingsService } from './settings.ts';
import { isCancelled } from './solver-error.ts';
import { baseName } from './to-view.ts';
import { explainTrust } from './trust.ts';

interface SwitchingServices {
  readonly log: vscode.LogOutputChannel;
  readonly solver: SolverClient;
  readonly settings: SettingsService;
  readonly plans: PlanStore;
}

/** How far a simulation is. */
export interface SwitchingProgress {
  readonly message: string;
  readonly fraction: number | null;
  readonly stopping: boolean;
}

/** Simulates what the multiply-adds of a plan switch, one plan at a time; the plan's figures show it until the plan changes. */
export class SwitchingRunner implements vscode.Disposable {
  readonly #services: SwitchingServices;
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when a simulation starts, goes on or ends. */
  readonly onDidChange = this.#changed.event;
  #running: { readonly plan: vscode.Uri; readonly cancel: vscode.CancellationTokenSource; progress: SwitchingProgress } | undefined;

  constructor(services: SwitchingServices) {
    this.#services = services;
  }

  /** How far the simulation of a plan is; null when none of it is under way. */
  progress(plan: vscode.Uri): SwitchingProgress | null {
    return this.#running?.plan.toString() === plan.toString() ? this.#running.progress : null;
  }

  stop(): void {
    if (!this.#running) return;
    this.#tell({ ...this.#running.progress, stopping: true });
    this.#running.cancel.cancel();
  }

  dispose(): void {
    this.#running?.cancel.cancel();
    this.#changed.dispose();
  }

  /** Simulates; the report shows the outcome. Never rejects. */
  async start(plan: vscode.Uri): Promise<void> {
    if (!vscode.workspace.isTrusted) return explainTrust(trustText());
    if (this.#running)
      return void vscode.window.showInformationMessage(vscode.l10n.t('A simulation is under way already. Stop it first, or wait for it.'));
    const name = baseName(plan.path);
    const progress = { message: vscode.l10n.t('Reading the plan, the model and the data'), fraction: null, stopping: false };
    const cancel = new vscode.CancellationTokenSource();
    this.#running = { plan, cancel, progress };
    this.#changed.fire();
    try {
      if (!(await savePlan(plan, vscode.l10n.t('{0} could not be saved, so nothing was simulated.', name)))) return;
      await this.#simulate(plan, cancel.token);
    } catch (error) {
      // Who stops it needs no message; the report offers the button again.
      if (!isCancelled(error))
        void showError(this.#services.log, vscode.l10n.t('The switching of {0} could not be simulated', name), error);
    } finally {
      cancel.dispose();
      this.#running = undefined;
      this.#changed.fire();
    }
  }

  async #simulate(plan: vscode.Uri, token: vscode.CancellationToken): Promise<void> {
    const { plans, settings, solver } = this.#services;
    // Both taken before: what changes meanwhile is not what was simulated.
    const [planHash, inputs] = [await planTextHash(plan), plans.inputsOf(plan)];
    const { energyTarget } = settings.current;
    const params = { path: plan.fsPath, switching: true, ...(energyTarget === '' ? {} : { target: energyTarget }) };
    const title = vscode.l10n.t('Simulating the switching of {0}', baseName(plan.path));
    const place = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    const document = await vscode.window.withProgress(place, (progress, notificationToken) => {
      const link = notificationToken.onCancellationRequested(() => this.stop());
      const report = reportTo(progress);
      const onProgress = (event: ProgressEvent): void => {
        report(event);
        const { message, fraction } = event;
        this.#tell({ message, fraction, stopping: this.#running?.progress.stopping ?? false });
      };
      return Promise.resolve(solver.request('tierwise/energy', params, { token, onProgress })).finally(() => link.dispose());
    });
    if (planHash === null || !(await plans.keepSimulation(plan, { planHash, document }, inputs)))
      void vscode.window.showInformationMessage(
        vscode.l10n.t(
          '{0} or its files changed while they were simulated. Simulate once more to see figures of today.',
          baseName(plan.path),
        ),
      );
  }

  #tell(progress: SwitchingProgress): void {
    if (!this.#running) return;
    this.#running.progress = progress;
    this.#changed.fire();
  }
}

const trustText = (): string =>
  vscode.l10n.t('Simulating switching is blocked in a restricted workspace, because it runs the model of this workspace in ONNX Runtime.');
