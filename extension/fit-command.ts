import * as vscode from 'vscode';
import type { BudgetDocument, CheckDocument, FitDocument, ProgressEvent, Quantity } from '../solver-core/protocol/index.ts';
import { backendParam } from './backend-choice.ts';
import { formatBand, formatMetric, formatQuantity, sourceWord, type Translate } from './format.ts';
import type { FitHistory } from './fits/fit-history.ts';
import { fitWithHistory, type FitOutcome } from './fits/fit-services.ts';
import type { PlanStore } from './plan-store.ts';
import { reportTo } from './progress-report.ts';
import { savePlan } from './save-plan.ts';
import type { SolverClient } from './server-client.ts';
import type { SettingsService } from './settings.ts';
import { isCancelled } from './solver-error.ts';
import { showRecurring } from './quiet.ts';
import { baseName, budgetScope, forbidsFit, metricName } from './to-view.ts';
import { showError } from './errors-ui.ts';
import { explainTrust } from './trust.ts';

/** A fit that is running now. */
export interface RunningFit {
  readonly plan: vscode.Uri;
  readonly message: string;
  /** 0 to 1, or null while the end is not known. */
  readonly fraction: number | null;
}

interface FitServices {
  readonly log: vscode.LogOutputChannel;
  readonly solver: SolverClient;
  readonly settings: SettingsService;
  readonly plans: PlanStore;
  /** Where versions are kept, so that a fit can be undone; undefined where no folder is open. */
  readonly history: FitHistory | undefined;
  readonly memory: vscode.Memento;
}

/** Runs "Fit lower tier": one fit at a time, with progress, cancel, and the outcome in words. */
export class FitRunner implements vscode.Disposable {
  readonly #services: FitServices;
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when a fit starts, makes progress or ends. */
  readonly onDidChange = this.#changed.event;
  #running: RunningFit | undefined;
  #cancel: vscode.CancellationTokenSource | undefined;
  #last: FitDocument | null = null;

  constructor(services: FitServices) {
    this.#services = services;
  }

  get running(): RunningFit | undefined {
    return this.#running;
  }

  /** The newest fit of this session, or null. */
  get last(): FitDocument | null {
    return this.#last;
  }

  cancel(): void {
    this.#cancel?.cancel();
  }

  dispose(): void {
    this.#cancel?.cancel();
    this.#changed.dispose();
  }

  /** Fits the lower tier of a plan. Shows what stands in the way, or the outcome; never rejects. */
  async fit(plan: vscode.Uri): Promise<void> {
    if (!vscode.workspace.isTrusted) return void explainTrust(trustText());
    if (this.#running)
      return void vscode.window.showInformationMessage(vscode.l10n.t('A fit is running already. Cancel it first, or wait for it.'));
    this.#cancel = new vscode.CancellationTokenSource();
    this.#update({ plan, message: vscode.l10n.t('Checking the plan'), fraction: null });
    let outcome: FitOutcome | undefined;
    try {
      if (!(await savePlan(plan, vscode.l10n.t('{0} could not be saved, so it was not fitted.', baseName(plan.path))))) return;
      outcome = await this.#run(plan, this.#cancel.token);
      if (outcome) this.#last = outcome.fit;
    } catch (error) {
      if (isCancelled(error)) sayCancelled(plan);
      else void showError(this.#services.log, vscode.l10n.t('Fit of {0} failed', baseName(plan.path)), error);
    } finally {
      this.#cancel.dispose();
      this.#cancel = undefined;
      this.#update(undefined);
    }
    if (!outcome) return;
    // Hints, views and the report change before the message, so that what it says can be seen.
    await this.#services.plans.refresh(plan);
    // Not awaited: the command is done when its result is on the screen, not when somebody closes the message.
    void announce(plan, outcome, this.#services.memory);
  }

  #update(running: RunningFit | undefined): void {
    if ((running === undefined) !== (this.#running === undefined)) {
      void vscode.commands.executeCommand('setContext', 'tierwise.fitting', running !== undefined);
    }
    this.#running = running;
    this.#changed.fire();
  }

  /** What is known of the plan when nothing in it forbids a fit; says what when something does. */
  async #mayFit(plan: vscode.Uri, token: vscode.CancellationToken): Promise<CheckDocument | undefined> {
    const check = await this.#services.solver.request('tierwise/check', { path: plan.fsPath }, { token });
    const may =
      this.#refuseErrors(plan, check) &&
      (await confirmBudgets(check.budgets.filter((budget) => budget.per === 'fit' && budget.status === 'exceeded')));
    return may ? check : undefined;
  }

  /** False, with a message, when the plan has errors. Exceeded budgets are asked about instead. */
  #refuseErrors(plan: vscode.Uri, check: CheckDocument): boolean {
    const errors = check.diagnostics.filter(forbidsFit);
    const first = errors[0];
    if (!first) return true;
    const show = vscode.l10n.t('Show problems');
    const text =
      errors.length === 1
        ? vscode.l10n.t('{0} cannot be fitted: {1}', baseName(plan.path), first.message)
        : vscode.l10n.t('{0} cannot be fitted: it has {1} errors, the first is: {2}', baseName(plan.path), errors.length, first.message);
    // Not awaited: the fit is over as soon as the reason is on the screen.
    void vscode.window.showErrorMessage(text, show).then((choice) => {
      if (choice === show) void vscode.commands.executeCommand('workbench.actions.view.problems');
    });
    return false;
  }

  async #run(plan: vscode.Uri, token: vscode.CancellationToken): Promise<FitOutcome | undefined> {
    const { settings, solver } = this.#services;
    const named = backendParam(settings.current);
    const backend = named === undefined ? {} : { backend: named };
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Fitting the lower tier of {0}', baseName(plan.path)),
      cancellable: true,
    };
    return vscode.window.withProgress(options, async (progress, notificationToken) => {
      const link = notificationToken.onCancellationRequested(() => this.cancel());
      const report = reportTo(progress);
      const onProgress = (event: ProgressEvent): void => {
        report(event);
        this.#update({ plan, message: event.message, fraction: event.fraction });
      };
      const tell = (message: string): void => {
        progress.report({ message });
        this.#update({ plan, message, fraction: null });
      };
      try {
        progress.report({ message: vscode.l10n.t('Checking the plan') });
        const check = await this.#mayFit(plan, token);
        if (!check) return undefined;
        return await fitWithHistory(this.#services, { plan, model: check.model }, { token, tell }, () =>
          solver.request('tierwise/fit', { path: plan.fsPath, ...backend }, { token, onProgress }),
        );
      } finally {
        link.dispose();
      }
    });
  }
}

function sayCancelled(plan: vscode.Uri): void {
  void vscode.window.showInformationMessage(vscode.l10n.t('The fit of {0} was cancelled. Nothing was changed.', baseName(plan.path)));
}

async function confirmBudgets(exceeded: readonly BudgetDocument[]): Promise<boolean> {
  const first = exceeded[0];
  if (!first) return true;
  const anyway = vscode.l10n.t('Fit anyway');
  const { t } = vscode.l10n;
  const actual = first.actual ? withBand(first.actual, t) : t('unknown');
  const scope = budgetScope(first.scope, t);
  const text = vscode.l10n.t('This fit is estimated at {0}; the budget of the {1} is {2}.', actual, scope, formatQuantity(first.limit));
  return (await vscode.window.showWarningMessage(text, { modal: true }, anyway)) === anyway;
}

/** "0.6 mJ (0.2 to 1.9 mJ, modelled)": a dialog has no place to look band and source up. */
const withBand = (quantity: Quantity<'J'>, t: Translate): string =>
  t('{0} ({1}, {2})', formatQuantity(quantity), formatBand(quantity, t), sourceWord(quantity.source, t));

const trustText = (): string =>
  vscode.l10n.t(
    'Fitting is blocked in a restricted workspace, because it runs the model of this workspace in ONNX Runtime and writes files beside it. Looking at layers, energy and the report is allowed.',
  );

async function announce(plan: vscode.Uri, { fit, isLost }: FitOutcome, memory: vscode.Memento): Promise<void> {
  const actions = [vscode.l10n.t('Open report'), vscode.l10n.t('Open fitted model')] as const;
  const [openReport, openFitted] = actions;
  const text = outcomeText(plan, fit);
  const lost = vscode.l10n.t('It cannot be undone, because its files could not be kept; the log says why.');
  // What cannot be undone is said each time.
  const choice = isLost
    ? await vscode.window.showInformationMessage(`${text} ${lost}`, ...actions)
    : await showRecurring(memory, 'fitted', text, ...actions);
  if (choice === openReport) await vscode.commands.executeCommand('tierwise.openReport');
  if (choice === openFitted) await vscode.commands.executeCommand('tierwise.openModel', vscode.Uri.file(fit.output));
}

function outcomeText(plan: vscode.Uri, fit: FitDocument): string {
  const name = baseName(plan.path);
  const output = baseName(fit.output);
  const evaluation = fit.evaluation;
  if (!evaluation)
    return fit.layers.length === 1
      ? vscode.l10n.t('Fitted the lower tier of {0}: 1 layer solved. The new model is {1}.', name, output)
      : vscode.l10n.t('Fitted the lower tier of {0}: {1} layers solved. The new model is {2}.', name, fit.layers.length, output);
  const before = formatMetric(evaluation.metric, evaluation.before);
  const after = formatMetric(evaluation.metric, evaluation.after);
  return vscode.l10n.t(
    'Fitted the lower tier of {0}: {1} {2} before, {3} after, on {4} held-out rows. The new model is {5}.',
    name,
    metricName(evaluation.metric, vscode.l10n.t),
    before,
    after,
    evaluation.rows,
    output,
  );
}
