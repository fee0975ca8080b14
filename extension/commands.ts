import * as vscode from 'vscode';
import { onBoard, refreshBoards, startBoard, stopBoard } from './boards/board-actions.ts';
import type { BoardsTree } from './boards/boards-tree.ts';
import { checkCompound } from './commands/add-compound.ts';
import { calibrateTarget, measuringHelp, showSensors } from './commands/calibrate.ts';
import { compareWith, compareWithHead, copyResult } from './commands/compare.ts';
import { openCompoundLog } from './commands/compound-log.ts';
import { activeModel, createPlan, pickModel } from './commands/create-plan.ts';
import { explainFinding } from './commands/explain-finding.ts';
import { exportReport } from './commands/export-report.ts';
import { associateOnnx, openModel } from './commands/models.ts';
import { newTarget } from './commands/new-target.ts';
import { openSample } from './commands/open-sample.ts';
import { copyLayerIds, layerIds, moveLayersToTier, openTreeLayerInModel, showTreeLayerInSource } from './commands/layer-menu.ts';
import { openPythonSource } from './commands/open-python.ts';
import { openPlan } from './commands/reveal.ts';
import { selectBackend } from './commands/select-backend.ts';
import { compareWritten, writtenModelCommands } from './commands/written-model.ts';
import { compareFits } from './fits/compare-fits.ts';
import { deleteFit, openFit, restoreFit, showFits, undoFit } from './fits/fit-actions.ts';
import { compoundTrustText } from './compound-messages.ts';
import type { TierwiseContext } from './context.ts';
import { showError } from './errors-ui.ts';
import { refuseFar } from './far-file.ts';
import { optimiseTrustText } from './optimise-messages.ts';
import type { CompoundPage } from './panels/compound-page.ts';
import type { LearningPage } from './panels/learning-page.ts';
import type { ModelEditorProvider } from './panels/model-editor.ts';
import type { OptimisePage } from './panels/optimise-page.ts';
import type { ReportPages } from './panels/report-page.ts';
import type { SparsityPage } from './panels/sparsity-page.ts';
import { createPlanFromAnnotations } from './python/create-annotated-plan.ts';
import { choosePythonModel, showLayerInModel, showLayerInSource } from './python/layer-commands.ts';
import { sparsifyTrustText } from './sparsify-messages.ts';
import { baseName } from './to-view.ts';
import { explainTrust } from './trust.ts';
import { letWalkthroughSettle } from './walkthrough-focus.ts';

/** The pages in editor tabs that commands open. */
export interface Pages {
  readonly model: ModelEditorProvider;
  readonly report: ReportPages;
  readonly learning: LearningPage;
  readonly optimise: OptimisePage;
  readonly sparsity: SparsityPage;
  readonly compound: CompoundPage;
  readonly boards: BoardsTree;
}

/** A command: takes the shared services and what the caller passed, which may be anything. */
type Command = (context: TierwiseContext, pages: Pages, ...args: readonly unknown[]) => unknown;

/** Every command by its id without the prefix. Those of the manifest come first; the rest serve views and pages. */
export const commands: Readonly<Record<string, Command>> = {
  fitLowerTier: (context, _pages, target) => withPlan(context, target, (plan) => context.fits.fit(plan)),
  cancelFit: (context) => context.fits.cancel(),
  learnFromData: (context, { learning }, target) =>
    withPlan(context, target, async (plan) => {
      const done = context.learning.learn(plan);
      const shown = context.learning.onDidChange(() => {
        shown.dispose();
        learning.open(true);
      });
      await done;
      shown.dispose();
    }),
  stopLearning: (context) => context.learning.stop(),
  openLearning: (_context, { learning }) => learning.open(),
  openReport: (context, { report }, target) => {
    if (isPlanUri(target)) context.plans.activate(target);
    report.openPanel();
  },
  exportReport: (context, _pages, format) =>
    withPlan(context, undefined, (plan) => exportReport(context, plan, isFormat(format) ? format : undefined)),
  openSample: (context) => openSample(context),
  openPythonSource: (context) => openPythonSource(context),
  createPlan: (context, _pages, target) => createPlan(context, isModelUri(target) ? target : undefined),
  selectBackend: (context) => selectBackend(context),
  startSimulatedBoard: (context, { boards }) => startBoard(context, boards),
  stopSimulatedBoard: (_context, { boards }) => stopBoard(boards),
  refreshBoards: (_context, { boards }) => refreshBoards(boards),
  useBoard: (context, { boards }, node) => onBoard(context, boards, 'use', node),
  identifyBoard: (context, { boards }, node) => onBoard(context, boards, 'identify', node),
  measureBoard: (context, { boards }, node) => onBoard(context, boards, 'measure', node),
  cancelBoard: (context, { boards }, node) => onBoard(context, boards, 'cancel', node),
  copyBoardPath: (context, { boards }, node) => onBoard(context, boards, 'copy-path', node),
  restartSolver: (context) => restartSolver(context),
  showLog: (context) => context.log.show(true),
  openModel: (_context, _pages, target) => openModel(isModelUri(target) ? target : undefined),
  openModelAtLayer: (_context, { model }, target, id) =>
    isModelUri(target) && typeof id === 'string' ? model.openAtLayer(target, id) : openModel(isModelUri(target) ? target : undefined),
  compareModel: async (_context, { model }, target) => {
    const chosen = isModelUri(target) ? target : (activeModel() ?? (await pickModel()));
    if (chosen) await model.compareModel(chosen);
  },
  associateOnnx: () => associateOnnx(),
  optimiseEnergy: (context, { optimise }, target) => withPlan(context, target, (plan) => openPage(optimise, plan, optimiseTrustText)),
  stopOptimise: (context) => context.optimise.stop(),
  sparsify: (context, { sparsity }, target) => withPlan(context, target, (plan) => openPage(sparsity, plan, sparsifyTrustText)),
  stopSparsify: (context) => context.sparsify.stop(),
  runCompound: (context, pages, target) => withPlan(context, target, (plan) => runCompound(context, pages, plan, 'choose')),
  stopCompound: (context) => context.compound.stop(),
  openCompound: (context, { compound }, target) => withPlan(context, target, (plan) => openPage(compound, plan, compoundTrustText)),
  compareWithHead: (context, _pages, target) => compareWithHead(context, isPlanUri(target) || isModelUri(target) ? target : undefined),
  compareWith: (context, _pages, target) => compareWith(context, isPlanUri(target) || isModelUri(target) ? target : undefined),
  copyResult: (context) => copyResult(context),
  calibrateTarget: (context) => calibrateTarget(context),
  showSensors: (context) => showSensors(context),
  newTarget: (context) => newTarget(context),
  createPlanFromAnnotations: (context, _pages, target) => createPlanFromAnnotations(context, target),
  choosePythonModel: (context, _pages, target) => choosePythonModel(context, target),
  showLayerInModel: (context, _pages, target, line) => showLayerInModel(context, target, line),
  showLayerInSource: (context, _pages, model, id) => showLayerInSource(context, model, id),
  undoFit: (context, _pages, target) => withPlan(context, target, (plan) => undoFit(context, plan)),
  showFits: () => showFits(),
  compareFits: (context, _pages, given, selected) => compareFits(context, given, selected),
  openFit: (context, _pages, given) => openFit(context, given),
  restoreFit: (context, _pages, given) => restoreFit(context, given),
  deleteFit: (context, _pages, given, selected) => deleteFit(context, given, selected),

  showTreeLayerInPlan: (context, _pages, target, selected) => openPlan(context, layerIds(target, selected)[0]),
  openTreeLayerInModel: (context, _pages, target, selected) => openTreeLayerInModel(context, target, selected),
  showTreeLayerInSource: (context, _pages, target, selected) => showTreeLayerInSource(context, target, selected),
  moveLayersToTier: (context, _pages, target, selected) => moveLayersToTier(context, target, selected),
  copyLayerIds: (_context, _pages, target, selected) => copyLayerIds(target, selected),
  openOptimised: (context, { optimise }) => writtenModelCommands(context.optimise, optimise.plan).open(),
  revealOptimised: (context, { optimise }) => writtenModelCommands(context.optimise, optimise.plan).reveal(),
  compareOptimised: (context, { optimise }) => compareWritten(context, context.optimise, optimise.plan),
  deleteOptimised: (context, { optimise }) => writtenModelCommands(context.optimise, optimise.plan).delete(),
  openSparsified: (context, { sparsity }) => writtenModelCommands(context.sparsify, sparsity.plan).open(),
  revealSparsified: (context, { sparsity }) => writtenModelCommands(context.sparsify, sparsity.plan).reveal(),
  compareSparsified: (context, { sparsity }) => compareWritten(context, context.sparsify, sparsity.plan),
  deleteSparsified: (context, { sparsity }) => writtenModelCommands(context.sparsify, sparsity.plan).delete(),
  resumeCompound: (context, pages) => withPlan(context, pages.compound.plan, (plan) => runCompound(context, pages, plan, 'resume')),
  restartCompound: (context, pages) => withPlan(context, pages.compound.plan, (plan) => runCompound(context, pages, plan, 'restart')),
  openCompoundLog: (context, { compound }) => openCompoundLog(compound.plan && context.compound.run(compound.plan)),
  simulateSwitching: (context) => withPlan(context, context.plans.active, (plan) => context.switching.start(plan)),
  stopSwitching: (context) => context.switching.stop(),
  measuringHelp: (context) => measuringHelp(context),
  openPlan: (context) => openPlan(context),
  explainFigure: (_context, { report }, figure) => report.openPanel(typeof figure === 'string' ? figure.slice(0, 10_000) : undefined),
  explainFinding: (context, _pages, code) => explainFinding(context, code),
  revealLayer: (context, _pages, id) => openPlan(context, id),
  refresh: (context) => context.plans.refreshAll(),
  openLearned: (context) => {
    const { run } = context.learning;
    if (run?.record) return openModel(vscode.Uri.file(run.record.output));
    return vscode.window.showInformationMessage(vscode.l10n.t('Nothing was learned in this window yet.'));
  },
  openFitted: (context) => {
    const fitted = fittedModel(context);
    if (fitted) return openModel(fitted);
    return vscode.window.showInformationMessage(vscode.l10n.t('This plan has not been fitted yet.'));
  },
};

/** Registers the table; a command that throws tells the user why. */
export function registerCommands(context: TierwiseContext, pages: Pages): vscode.Disposable {
  const registrations = Object.entries(commands).map(([name, run]) =>
    vscode.commands.registerCommand(`tierwise.${name}`, async (...args: readonly unknown[]) => {
      // With an argument, such as a row of a tree, a command knows what it is about.
      if (args[0] === undefined) await letWalkthroughSettle(name);
      try {
        return await run(context, pages, ...args);
      } catch (error) {
        return showError(context.log, vscode.l10n.t('The command failed'), error);
      }
    }),
  );
  return vscode.Disposable.from(...registrations);
}

/** Runs `then` with the plan that is meant: the one passed, the one being edited, or the one the views show. */
async function withPlan(context: TierwiseContext, target: unknown, then: (plan: vscode.Uri) => Promise<void>): Promise<void> {
  const edited = vscode.window.activeTextEditor?.document;
  const plan = isPlanUri(target) ? target : edited?.languageId === 'tiers' ? edited.uri : context.plans.active;
  if (plan) {
    if (refuseFar(plan)) return;
    context.plans.activate(plan);
    return then(plan);
  }
  const sample = vscode.l10n.t('Open sample project');
  const create = vscode.l10n.t('Create a plan');
  const choice = await vscode.window.showInformationMessage(
    vscode.l10n.t('There is no plan yet. A plan is a .tiers file beside a model.'),
    create,
    sample,
  );
  if (choice === sample) await vscode.commands.executeCommand('tierwise.openSample');
  if (choice === create) await vscode.commands.executeCommand('tierwise.createPlan');
}

/** The fitted model beside the plan's model. Only the name comes from the record, which is a file of the workspace and may claim any path. */
function fittedModel(context: TierwiseContext): vscode.Uri | undefined {
  const { fit, energy } = context.plans.activeSnapshot ?? {};
  if (!fit || !energy) return undefined;
  return vscode.Uri.joinPath(vscode.Uri.file(energy.model), '..', baseName(fit.output));
}

/** Opens a page about a plan; a restricted workspace hears why not. */
async function openPage(page: { open(plan: vscode.Uri): void }, plan: vscode.Uri, trust: () => string): Promise<void> {
  if (!vscode.workspace.isTrusted) return explainTrust(trust());
  page.open(plan);
}

/** Runs the compound model on a stream that is chosen, or on the one of the run before: from where it stopped, or from the beginning. */
async function runCompound(context: TierwiseContext, pages: Pages, plan: vscode.Uri, how: 'choose' | 'resume' | 'restart'): Promise<void> {
  const isChecked = !vscode.workspace.isTrusted || (await checkCompound(plan));
  if (isChecked) await context.compound.start(plan, { again: how !== 'choose', fresh: how === 'restart' }, () => pages.compound.open(plan));
}

async function restartSolver(context: TierwiseContext): Promise<void> {
  await context.solver.restart();
  await context.solver.ready();
  context.plans.refreshAll();
  vscode.window.setStatusBarMessage(vscode.l10n.t('The solver was restarted.'), 5000);
}

const isPlanUri = (value: unknown): value is vscode.Uri => value instanceof vscode.Uri && value.path.endsWith('.tiers');
const isModelUri = (value: unknown): value is vscode.Uri => value instanceof vscode.Uri && /\.onnx$/i.test(value.path);
const isFormat = (value: unknown): value is 'html' | 'md' | 'csv' | 'json' =>
  typeof value === 'string' && ['html', 'md', 'csv', 'json'].includes(value);
